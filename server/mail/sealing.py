"""Encrypts the letters that wait in the database: they hold links that set passwords.

The key comes from SECRET_KEY, with which these links are signed as well. So who reads the database or a backup of it,
and does not have SECRET_KEY, cannot use a link that was not sent yet.
"""

from typing import Any

from server.common import sealing

PURPOSE = "server.mail.sealing"


class LetterUnreadable(Exception):
    """A letter was sealed with another SECRET_KEY."""


def seal(content: dict[str, Any]) -> str:
    """Return JSON data, encrypted."""
    return sealing.seal(content, purpose=PURPOSE)


def unseal(sealed: str) -> dict[str, Any]:
    """Return what was sealed. Raises LetterUnreadable if no present SECRET_KEY fits."""
    try:
        return sealing.unseal(sealed, purpose=PURPOSE)
    except sealing.SealBroken:
        raise LetterUnreadable("This mail cannot be read any more: SECRET_KEY was replaced.") from None
