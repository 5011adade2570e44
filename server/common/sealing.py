"""Encrypts secrets that the database keeps, with keys that come from SECRET_KEY.

So who reads the database or a backup of it, and does not have SECRET_KEY, cannot use them. Each purpose has a key of
its own.
"""

import base64
import hashlib
import json
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class SealBroken(Exception):
    """It was sealed with another SECRET_KEY."""


def seal(content: dict[str, Any], *, purpose: str) -> str:
    """Return JSON data, encrypted."""
    return _cipher(purpose).encrypt(json.dumps(content).encode()).decode()


def unseal(sealed: str, *, purpose: str) -> dict[str, Any]:
    """Return what was sealed for a purpose. Raises SealBroken if no present SECRET_KEY fits."""
    try:
        content: dict[str, Any] = json.loads(_cipher(purpose).decrypt(sealed.encode()))
    except InvalidToken:
        raise SealBroken from None
    return content


def _cipher(purpose: str) -> MultiFernet:
    return MultiFernet([_key(secret, purpose) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _key(secret: str | bytes, purpose: str) -> Fernet:
    value = secret if isinstance(secret, bytes) else secret.encode()
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(f"{purpose}:".encode() + value).digest()))
