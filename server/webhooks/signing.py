"""Signatures of Standard Webhooks 1.0.0 (https://www.standardwebhooks.com).

HMAC-SHA256 over `id.timestamp.body`, with the bytes after `whsec_` as the key. For a day after a secret was replaced
there are two signatures, separated by a space.
"""

import hmac
import secrets
from base64 import b64decode, b64encode
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256

MARK = "whsec_"


def new_secret() -> str:
    """Return a new secret: 32 random bytes in base64, after `whsec_`."""
    return MARK + b64encode(secrets.token_bytes(32)).decode()


def sign(secret: str, *, message: str, timestamp: int, body: bytes) -> str:
    """Return one signature, `v1,` and base64. `timestamp` is in seconds since 1970."""
    key = b64decode(secret.removeprefix(MARK))
    digest = hmac.new(key, f"{message}.{timestamp}.".encode() + body, sha256).digest()
    return f"v1,{b64encode(digest).decode()}"


def headers(keys: Iterable[str], *, message: str, at: datetime, body: bytes) -> dict[str, str]:
    """Return the header fields of a delivery, signed with each of the secrets."""
    timestamp = int(at.timestamp())
    return {
        "webhook-id": message,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(sign(key, message=message, timestamp=timestamp, body=body) for key in keys),
    }
