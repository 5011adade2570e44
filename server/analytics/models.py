"""Failed checks, one row each."""

from django.conf import settings
from django.db import models

from server.gradebook.models import Assignment
from server.submissions.models import Submission


class FailedCheck(models.Model):
    """A check that a submission failed, copied from its report: reports are too large to search.

    `mistake` is the id of the diagnosis if there is one, else the id of the message. Rows with the same `mistake`
    are the same mistake. `text` is the sentence that this learner read; pages show it as an example.
    """

    submission = models.ForeignKey(Submission, models.CASCADE, related_name="failed_checks")
    assignment = models.ForeignKey(Assignment, models.CASCADE, related_name="+")
    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    at = models.DateTimeField()
    check_id = models.CharField(max_length=100)
    title = models.CharField(max_length=200)
    mistake = models.CharField(max_length=100)
    is_diagnosis = models.BooleanField()
    text = models.CharField(max_length=500, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["assignment", "at"], name="mistakes_by_time"),
            models.Index(fields=["learner", "assignment", "-at"], name="mistakes_of_a_learner"),
        ]

    def __str__(self) -> str:
        return f"{self.check_id}: {self.mistake}"
