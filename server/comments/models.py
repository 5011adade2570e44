"""Comments, and who has read them."""

from django.conf import settings
from django.db import models

from server.courses.models import Course
from server.submissions.models import Submission


class Comment(models.Model):
    """What the learner of a submission or a teacher wrote about it, in Markdown.

    It is about the lines `first_line` to `last_line` of the code, from 1, or about the whole submission if both are
    None. Comments about the same lines are one thread. A deleted comment keeps its text for instructors.
    """

    submission = models.ForeignKey(Submission, models.CASCADE, related_name="comments")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    text = models.TextField()
    first_line = models.PositiveIntegerField(null=True, blank=True)
    last_line = models.PositiveIntegerField(null=True, blank=True)
    edited_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    deleted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.author_id} on {self.submission_id}"

    @property
    def lines(self) -> tuple[int, int] | None:
        """The first and the last line that it is about; None if it is about the whole submission."""
        return None if self.first_line is None or self.last_line is None else (self.first_line, self.last_line)

    @property
    def is_by_learner(self) -> bool:
        """Whether the learner of the submission wrote it."""
        return self.author_id == self.submission.learner_id


class CommentVersion(models.Model):
    """A text that a comment had before its author changed it, and until when."""

    comment = models.ForeignKey(Comment, models.CASCADE, related_name="versions")
    text = models.TextField()
    until = models.DateTimeField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"comment {self.comment_id} until {self.until:%F %T}"


class CommentRead(models.Model):
    """That a comment was shown to a person who did not write it."""

    comment = models.ForeignKey(Comment, models.CASCADE, related_name="reads")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["comment", "user"], name="read_once")]

    def __str__(self) -> str:
        return f"{self.user_id} read {self.comment_id}"


class SavedComment(models.Model):
    """A text that the teachers of a course use again and again."""

    course = models.ForeignKey(Course, models.CASCADE, related_name="saved_comments")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    text = models.TextField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.text[:60]
