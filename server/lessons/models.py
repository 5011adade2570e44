"""Runs of snippets. They are deleted after a day."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone

from grader.protocol.snippets import Shown
from server.common.uuid7 import uuid7
from server.courses.models import Course
from server.submissions.models import new_token

# After so long without an answer, a run is over; graders do not start it any more.
PATIENCE = timedelta(seconds=60)


class SnippetRun(models.Model):
    """A reader's run of a lesson's blocks up to one. `shown` is the answer, None while it waits or if it failed."""

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
        """Return the address of its output."""
        return reverse("lessons:run", args=[self.pk])

    @property
    def is_waiting(self) -> bool:
        """Whether an answer can still come."""
        return self.finished_at is None and timezone.now() < self.started_at + PATIENCE

    @property
    def answer(self) -> Shown | None:
        """The output of the block, or None if there is no answer."""
        return Shown.from_dict(self.shown) if self.shown else None

    @property
    def poll_ms(self) -> int:
        """How long a page waits between two requests (milliseconds). Most answers come at once."""
        return 200 if timezone.now() < self.started_at + timedelta(seconds=3) else 1000
