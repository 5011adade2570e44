"""Invitations: a code, which is also a link, to join a course."""

import secrets

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone

from server.courses.models import Course

# No letters and digits that look alike. 12 of 31 characters are more than 59 bits, too many to guess.
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ".replace("L", "")
LENGTH = 12


def new_code() -> str:
    """Return a code that nobody can guess."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def spelled(code: str) -> str:
    """Return a typed code in the form in which codes are stored."""
    return code.upper().replace("-", "").replace(" ", "")[: 2 * LENGTH]


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """Invitations, and which of them can still be used."""

    def open(self) -> "InvitationQuerySet":
        """Those that are not withdrawn, expired or used up."""
        left = models.Q(places=None) | models.Q(used__lt=models.F("places"))
        valid = models.Q(ends_at=None) | models.Q(ends_at__gt=timezone.now())
        return self.filter(left, valid, withdrawn=False)


class Invitation(models.Model):
    """Everybody who has the code can become a student of the course. `places` is the limit, None for no limit."""

    course = models.ForeignKey(Course, models.CASCADE, related_name="invitations")
    code = models.CharField(max_length=2 * LENGTH, unique=True, default=new_code)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    places = models.PositiveIntegerField(null=True, blank=True)
    used = models.PositiveIntegerField(default=0)
    withdrawn = models.BooleanField(default=False)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ["-made_at", "-pk"]

    def __str__(self) -> str:
        return f"invitation into {self.course_id}"

    def get_absolute_url(self) -> str:
        """Return the URL that an invited person opens."""
        return reverse("invitations:invited", args=[self.code])

    @property
    def readable(self) -> str:
        """The code in groups of four, which are easier to read and type."""
        return "-".join(self.code[i : i + 4] for i in range(0, len(self.code), 4))

    @property
    def is_open(self) -> bool:
        """Whether it can still be used."""
        over = self.ends_at is not None and self.ends_at <= timezone.now()
        return not (self.withdrawn or over or (self.places is not None and self.used >= self.places))
