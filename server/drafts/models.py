"""Drafts of learners for assignments."""

from django.conf import settings
from django.db import models

from server.gradebook.models import Assignment


class Draft(models.Model):
    """One learner's draft for one assignment.

    `version` counts the saves. If two browsers edit at the same time, the newer save is `source`, and the text that it
    replaced is kept as `other` until the learner decides. `other_at` is when that text was saved, None without one.
    """

    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="drafts")
    assignment = models.ForeignKey(Assignment, models.CASCADE, related_name="drafts")
    source = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=0)
    saved_at = models.DateTimeField()
    other = models.TextField(blank=True)
    other_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["learner", "assignment"], name="one_draft_per_assignment")]

    def __str__(self) -> str:
        return f"draft of {self.learner_id} for {self.assignment_id}, version {self.version}"
