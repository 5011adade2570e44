"""What the API stores: tokens, answers by Idempotency-Key, and external references of submissions."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models

from server.courses.models import Course
from server.submissions.models import Submission


class TokenScope(models.TextChoices):
    """The permissions of a token."""

    SUBMISSIONS_WRITE = "submissions:write", "Hand in code"
    SUBMISSIONS_READ = "submissions:read", "Read submissions and reports"
    GRADES_READ = "grades:read", "Read grades"
    GRADES_WRITE = "grades:write", "Override grades"
    ROSTER_WRITE = "roster:write", "Read and change who is in a course"
    WEBHOOKS_WRITE = "webhooks:write", "Add, change and delete webhooks"
    PACKAGES_WRITE = "packages:write", "Add and change the course's own exercises"


class ApiToken(models.Model):
    """A token for the API. It is shown once and never stored: `digest` is its SHA-256, `prefix` its beginning.

    It is valid only for its courses. With a `learner` it is personal: it acts for that person alone. Otherwise it has
    the rights of its `owner`, who is responsible for it (see `server.api.access`).
    """

    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    scopes: models.JSONField = models.JSONField(default=list)
    courses: models.ManyToManyField = models.ManyToManyField(Course, related_name="api_tokens")
    learner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="personal_tokens"
    )
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def person(self) -> Any:
        """The person whose rights the token has: its learner if it is personal, else its owner, if any."""
        return self.learner if self.learner_id else self.owner

    def is_valid(self, now: datetime) -> bool:
        """Whether the token is neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    def allows(self, scope: TokenScope) -> bool:
        """Whether the token has a scope."""
        return scope.value in self.scopes


class KeptAnswer(models.Model):
    """The answer to a request with an Idempotency-Key. The row itself is the claim: unique for token and key.

    `fingerprint` is the SHA-256 of the request. `status` is None while the work is in progress. It is set in the same
    transaction as the work, so if a claim has no status, nothing was done.
    """

    token = models.ForeignKey(ApiToken, models.CASCADE, related_name="kept_answers")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    claimed_at = models.DateTimeField(db_index=True)
    status = models.PositiveSmallIntegerField(null=True)
    headers: models.JSONField = models.JSONField(default=dict)
    body = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["token", "key"], name="one_answer_per_key")]

    def __str__(self) -> str:
        return f"{self.key}: {self.status or 'in progress'}"


class ExternalReference(models.Model):
    """The name of a submission in the system that handed it in."""

    submission = models.OneToOneField(Submission, models.CASCADE, primary_key=True, related_name="external_reference")
    text = models.CharField(max_length=200, db_index=True)

    def __str__(self) -> str:
        return self.text
