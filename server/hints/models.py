"""The hints that learners got and opened, one row each."""

from django.conf import settings
from django.db import models

from server.gradebook.models import Assignment
from server.submissions.models import Submission


class Level(models.IntegerChoices):
    """The levels of a hint, in the order in which they open."""

    LOOK = 1, "What to look at"
    WHY = 2, "Why it goes wrong"
    HOW = 3, "What to change"


class HintUse(models.Model):
    """A level of a hint that a learner got (the first level) or opened, once for each submission.

    `hint` is its id in the report, and `text` the sentence about the mistake that this learner read. The rows go when
    the submission or the person goes.
    """

    submission = models.ForeignKey(Submission, models.CASCADE, related_name="hint_uses")
    assignment = models.ForeignKey(Assignment, models.CASCADE, related_name="+", db_index=False)
    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    hint = models.CharField(max_length=100)
    level = models.PositiveSmallIntegerField(choices=Level.choices)
    text = models.CharField(max_length=500, blank=True)
    opened_at = models.DateTimeField()
    did_not_help_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["submission", "hint", "level"], name="hint_opened_once")]
        indexes = [models.Index(fields=["assignment", "hint", "level"], name="hints_of_an_assignment")]

    def __str__(self) -> str:
        return f"{self.hint}, level {self.level}"
