"""The keys that we sign with, and their rotation.

Two keys are always published: the current one, which signs, and the next one. So a platform that caches our key set
knows a new key before it signs anything. Former keys are published until `finish`.
"""

import json
import uuid
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.db import IntegrityError, transaction
from django.utils import timezone
from jwt.algorithms import RSAAlgorithm

from server.lti.models import KeyState, SigningKey

ALGORITHM = "RS256"
BITS = 2048


def sign(claims: dict[str, Any]) -> str:
    """Return a token with these claims, signed with the current key."""
    key = _key(KeyState.CURRENT)
    return jwt.encode(claims, key.private_pem, algorithm=ALGORITHM, headers={"kid": key.kid})


def key_set() -> dict[str, Any]:
    """Return our public keys as a JWK set."""
    for state in (KeyState.CURRENT, KeyState.NEXT):
        _key(state)
    return {"keys": [_public(key) for key in SigningKey.objects.order_by("pk")]}


@transaction.atomic
def rotate() -> SigningKey:
    """Sign with the next key from now on and create another next key. Return the key that signs now."""
    former, fresh = _key(KeyState.CURRENT), _key(KeyState.NEXT)
    former.state, former.retired_at = KeyState.FORMER, timezone.now()
    former.save()
    fresh.state = KeyState.CURRENT
    fresh.save()
    _key(KeyState.NEXT)
    return fresh


def finish() -> int:
    """Delete the former keys: platforms no longer accept what they signed. Return how many there were."""
    return SigningKey.objects.filter(state=KeyState.FORMER).delete()[0]


def _key(state: KeyState) -> SigningKey:
    found = SigningKey.objects.filter(state=state).first()
    return found or _create(state)


def _create(state: KeyState) -> SigningKey:
    private = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    try:
        with transaction.atomic():
            return SigningKey.objects.create(kid=uuid.uuid4().hex, private_pem=pem, state=state)
    except IntegrityError:  # another process was first
        return SigningKey.objects.get(state=state)


def _public(key: SigningKey) -> dict[str, Any]:
    private = serialization.load_pem_private_key(key.private_pem.encode(), password=None)
    assert isinstance(private, rsa.RSAPrivateKey), "we create no other keys"
    public = json.loads(RSAAlgorithm.to_jwk(private.public_key()))
    return {"kty": "RSA", "n": public["n"], "e": public["e"], "kid": key.kid, "alg": ALGORITHM, "use": "sig"}
