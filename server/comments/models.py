"""Comments."""

from django.conf import settings
from django.db import models

from server.submissions.models import Submission


class Comment(models.Model):
    """A teacher's comment on a submission; the learner sees it beside the result."""

    submission = models.ForeignKey(Submission, models.CASCADE, related_name="comments")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    text = models.TextField()

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.author_id} on {self.submission_id}"
