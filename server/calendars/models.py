"""The secret addresses of calendar feeds."""

import secrets
from hmac import compare_digest
from typing import Self

from django.conf import settings
from django.db import models
from django.utils.crypto import salted_hmac

from server.accounts.models import User


def new_nonce() -> str:
    """Return a random part of an address: with another one, the old address no longer works."""
    return secrets.token_urlsafe(18)


class CalendarFeed(models.Model):
    """A person's calendar feed. The secret in its address follows from the row and the server's key.

    So the page can show the address again, and a copy of the database alone opens no feed.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="calendar_feed")
    nonce = models.CharField(max_length=40, default=new_nonce, editable=False)
    made_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"the calendar of {self.user_id}"

    @property
    def key(self) -> str:
        """The secret part of the address."""
        return f"{self.pk}-{self._signature}"

    @property
    def _signature(self) -> str:
        value = f"{self.pk}:{self.user_id}:{self.nonce}"
        return salted_hmac("server.calendars.models.CalendarFeed", value, algorithm="sha256").hexdigest()[:40]

    @classmethod
    def find(cls, key: str) -> Self | None:
        """Return the feed that a secret opens, if its person has an active account."""
        pk, _, signature = key.partition("-")
        feed = cls.objects.select_related("user").filter(pk=int(pk)).first() if _is_key(pk) else None
        if feed is None or not compare_digest(feed._signature, signature):
            return None
        person: User = feed.user
        return feed if person.is_active else None


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19
