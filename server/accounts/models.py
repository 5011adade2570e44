"""The user."""

from typing import Any

import rules
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.crypto import salted_hmac

from server.common.zones import LONGEST_ZONE, check_zone


class User(AbstractUser):
    """A person who signs in. `external_id` is the id that the school's own systems use for them."""

    external_id = models.CharField(max_length=200, unique=True, null=True, blank=True)
    # How often this person signed out everywhere: sessions from before no longer fit (see `_get_session_auth_hash`).
    sign_outs = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    # The account that this one was merged into: this one is not active any more, and its ids lead to the other.
    merged_into = models.ForeignKey(
        "self", models.CASCADE, null=True, blank=True, editable=False, related_name="merged_accounts"
    )
    # The zone in which this person reads times. Empty: the course's, outside of courses the installation's.
    time_zone = models.CharField(
        max_length=LONGEST_ZONE, default="", db_default="", blank=True, validators=[check_zone]
    )
    is_demo = models.BooleanField(default=False, editable=False, help_text="Made by `manage.py demo`.")

    def __str__(self) -> str:
        return self.display_name

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Return the value that Django compares with each session's: it changes with the password and each sign-out.

        A session with another value is over. Without a sign-out it is Django's own value, so that sessions from before
        this field go on.
        """
        if not self.sign_outs:
            return super()._get_session_auth_hash(secret)  # type: ignore[misc] # django-stubs lacks it
        value = f"{self.password} {self.sign_outs}"
        return salted_hmac("server.accounts.models.User.sessions", value, secret=secret, algorithm="sha256").hexdigest()

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Return whether the user has a permission; on a thing, the rules decide about administrators, too.

        Django lets administrators do everything. Here, nobody changes anything in an archived course.
        """
        if obj is not None and self.is_superuser:
            return self.is_active and rules.has_perm(perm, self, obj)
        return super().has_perm(perm, obj)

    @property
    def display_name(self) -> str:
        """The name that others see."""
        return self.get_full_name() or self.username
