"""Comparisons of the submissions of a class, and the pairs that they found."""

from django.conf import settings
from django.db import models
from django.urls import reverse

from server.courses.models import Course
from server.gradebook.models import Assignment
from server.submissions.models import Submission


class Comparison(models.Model):
    """A comparison of the submissions that count. `todo` and `done` are assignments: one is compared at a time.

    `earlier` are the keys of the courses whose submissions to the same exercises are compared, too.
    """

    course = models.ForeignKey(Course, models.CASCADE, related_name="comparisons")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    started_at = models.DateTimeField(auto_now_add=True)
    touched_at = models.DateTimeField(auto_now=True)
    todo: models.JSONField = models.JSONField(default=list)
    done: models.JSONField = models.JSONField(default=list)
    # Can be null: during an upgrade, an older website still inserts rows.
    earlier: models.JSONField = models.JSONField(null=True)

    class Meta:
        ordering = ["-started_at", "-pk"]

    def __str__(self) -> str:
        return f"comparison {self.pk}"

    def get_absolute_url(self) -> str:
        """Return the URL of the comparison's page."""
        return reverse("similarity:detail", args=[self.course.slug, self.pk])

    @property
    def total(self) -> int:
        """How many assignments it compares."""
        return len(self.todo) + len(self.done)

    @property
    def is_over(self) -> bool:
        """Whether every assignment was compared."""
        return not self.todo


class Pair(models.Model):
    """Two similar submissions: the share of the smaller one's own fingerprints, and the matching lines of each.

    Pairs of an assignment with the same `cluster` belong together; None in comparisons from before there were clusters.
    The right submission can be from an earlier course.
    """

    comparison = models.ForeignKey(Comparison, models.CASCADE, related_name="pairs")
    assignment = models.ForeignKey(Assignment, models.CASCADE, related_name="+")
    left = models.ForeignKey(Submission, models.CASCADE, related_name="+")
    right = models.ForeignKey(Submission, models.CASCADE, related_name="+")
    cluster = models.PositiveIntegerField(null=True)
    share = models.FloatField()
    shared = models.PositiveIntegerField()
    left_lines: models.JSONField = models.JSONField()
    right_lines: models.JSONField = models.JSONField()

    class Meta:
        ordering = ["-share", "-shared", "pk"]

    def __str__(self) -> str:
        return f"{self.left_id} and {self.right_id}: {self.share:.0%}"
