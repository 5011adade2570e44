"""The deploy key of a source: an Ed25519 key pair that we make. Its public part goes into the repository's settings."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_ssh_private_key,
)


def new_key() -> bytes:
    """Return a new private key, in OpenSSH's format."""
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())


def public_part(private_key: bytes) -> str:
    """Return the public part of a private key, as one line: `ssh-ed25519 AAAA...`."""
    public = load_ssh_private_key(private_key, password=None).public_key()
    return public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
