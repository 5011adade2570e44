"""Regrade requests."""

from django.conf import settings
from django.db import models
from django.urls import reverse

from server.courses.models import Course
from server.regrades.models import Regrade, Stage
from server.submissions.models import Submission


class RequestState(models.TextChoices):
    """The state of a request: open, or what the instructor decided."""

    OPEN = "open", "Open"
    KEPT = "kept", "Grade kept"
    CHANGED = "changed", "Grade changed"
    AGAIN = "again", "Graded again"


class RegradeRequest(models.Model):
    """That a learner asked for another look at the score of a submission, and what came of it.

    `check_title` is the title of the check that it is about; empty if it is about the whole score. `regrade` is the
    preview that the answer "grade again" began. `seen_at` is when the learner saw the answer.
    """

    course = models.ForeignKey(Course, models.CASCADE, related_name="regrade_requests")
    submission = models.ForeignKey(Submission, models.CASCADE, related_name="regrade_requests")
    check_title = models.CharField(max_length=200, blank=True)
    reason = models.TextField()
    asked_at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=10, choices=RequestState.choices, default=RequestState.OPEN)
    answer = models.TextField(blank=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)
    regrade = models.ForeignKey(Regrade, models.SET_NULL, null=True, blank=True, related_name="+")
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["submission"], condition=models.Q(state="open"), name="one_open_request_each"
            )
        ]
        indexes = [models.Index(fields=["course", "state", "-id"], name="requests_of_a_course")]

    def __str__(self) -> str:
        return f"request {self.pk}: {self.state}"

    def get_absolute_url(self) -> str:
        """Return the address of the request's page, for teachers."""
        return reverse("regrade_requests:detail", args=[self.course.slug, self.pk])

    @property
    def is_open(self) -> bool:
        """Whether nobody has answered it."""
        return self.state == RequestState.OPEN

    @property
    def in_words(self) -> str:
        """What came of it, for the learner."""
        if self.state != RequestState.AGAIN or self.regrade is None:
            return {
                RequestState.OPEN: "Your teachers have not answered yet.",
                RequestState.KEPT: "The grade stays as it is.",
                RequestState.CHANGED: "The grade was changed.",
                RequestState.AGAIN: "The submission was graded again.",
            }[RequestState(self.state)]
        return {
            Stage.PREVIEW: "The submission is being graded again.",
            Stage.APPLIED: "The submission was graded again, and the new score counts.",
            Stage.DISCARDED: "The submission was graded again. The score stays as it is.",
            Stage.REVERTED: "The submission was graded again. The score stays as it is.",
        }[Stage(self.regrade.state)]
