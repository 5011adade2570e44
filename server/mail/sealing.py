"""Encrypts the letters that wait in the database: they hold links that set passwords.

The key comes from SECRET_KEY, with which these links are signed as well. So who reads the database or a backup of it,
and does not have SECRET_KEY, cannot use a link that was not sent yet.
"""

import base64
import hashlib
import json
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class LetterUnreadable(Exception):
    """A letter was sealed with another SECRET_KEY."""


def seal(content: dict[str, Any]) -> str:
    """Return JSON data, encrypted."""
    return _cipher().encrypt(json.dumps(content).encode()).decode()


def unseal(sealed: str) -> dict[str, Any]:
    """Return what was sealed. Raises LetterUnreadable if no present SECRET_KEY fits."""
    try:
        content: dict[str, Any] = json.loads(_cipher().decrypt(sealed.encode()))
    except InvalidToken:
        raise LetterUnreadable("This mail cannot be read any more: SECRET_KEY was replaced.") from None
    return content


def _cipher() -> MultiFernet:
    return MultiFernet([_key(secret) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _key(secret: str | bytes) -> Fernet:
    value = secret if isinstance(secret, bytes) else secret.encode()
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"server.mail.sealing:" + value).digest()))
