"""The signed links with which a person stops a kind of mail, without signing in.

A link names the person and the kinds, so nobody can change it to stop the mails of another person. It never expires:
people press it in old mails.
"""

from collections.abc import Collection

from django.conf import settings
from django.core import signing
from django.urls import reverse

from server.mail.models import ALWAYS, MailKind, SwitchedOff

_SALT = "server.mail.unsubscribing"


def unsubscribe_url(user: int, kinds: Collection[str]) -> str:
    """Return the address that stops these kinds of mail for a user."""
    token = signing.dumps({"user": user, "kinds": sorted(kinds)}, salt=_SALT)
    return settings.PUBLIC_URL + reverse("notifications:unsubscribe", args=[token])


def read_link(token: str) -> tuple[int, list[MailKind]] | None:
    """Return the user and the kinds of a link; None if we did not sign it."""
    try:
        named = signing.loads(token, salt=_SALT)
    except signing.BadSignature:
        return None
    return named["user"], [MailKind(kind) for kind in named["kinds"] if kind in set(MailKind) - ALWAYS]


def switch_off(user: int, kinds: Collection[MailKind]) -> None:
    """Stop kinds of mail for a user. Kinds that nobody can switch off are left out."""
    rows = [SwitchedOff(user_id=user, kind=kind) for kind in kinds if kind not in ALWAYS]
    SwitchedOff.objects.bulk_create(rows, ignore_conflicts=True)


def switch_on(user: int, kinds: Collection[MailKind]) -> None:
    """Send kinds of mail to a user again."""
    SwitchedOff.objects.filter(user=user, kind__in=kinds).delete()
