"""A run of a snippet: kept for as long as somebody may look at what it showed."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone

from grader.protocol.snippets import Shown
from server.common.uuid7 import uuid7
from server.courses.models import Course
from server.submissions.models import new_token

# After so long without an answer nothing will come any more; the graders do not start on it then either.
PATIENCE = timedelta(seconds=60)


class SnippetRun(models.Model):
    """A reader's run of a lesson's blocks up to one. `shown` is the grader's answer, None where we erred or wait."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    course = models.ForeignKey(Course, models.CASCADE, related_name="+")
    lesson = models.CharField(max_length=100)
    block = models.PositiveIntegerField()
    token = models.CharField(max_length=64, default=new_token)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    shown = models.JSONField(null=True, blank=True)

    class Meta:
        ordering = ["-started_at", "-id"]
        indexes = [models.Index(fields=["learner", "-started_at"], name="snippets_of_a_reader")]

    def __str__(self) -> str:
        return f"{self.lesson} {self.block}"

    def get_absolute_url(self) -> str:
        """Return the address of what it shows."""
        return reverse("lessons:run", args=[self.pk])

    @property
    def is_waiting(self) -> bool:
        """Whether an answer may still come."""
        return self.finished_at is None and timezone.now() < self.started_at + PATIENCE

    @property
    def answer(self) -> Shown | None:
        """What the block showed, or None where there is no answer."""
        return Shown.from_dict(self.shown) if self.shown else None

    @property
    def ask_again_ms(self) -> int:
        """How long a page shall wait before it asks again (milliseconds): most answers come at once."""
        return 200 if timezone.now() < self.started_at + timedelta(seconds=3) else 1000
