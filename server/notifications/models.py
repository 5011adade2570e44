"""News that wait for their mail, and reminders that were made."""

from django.conf import settings
from django.db import models

from server.courses.models import Course
from server.gradebook.models import Assignment
from server.mail.models import kind_choices


class News(models.Model):
    """One thing that a person should hear of. Deleted when its mail is queued. `text` is a sentence."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    course = models.ForeignKey(Course, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20, choices=kind_choices)
    text = models.CharField(max_length=300)
    path = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "news"
        indexes = [models.Index(fields=["user", "course", "at"], name="news_of_a_person")]

    def __str__(self) -> str:
        return f"{self.kind} for {self.user_id}"


class Reminder(models.Model):
    """That a learner was reminded of a due date, so that it happens once."""

    assignment = models.ForeignKey(Assignment, models.CASCADE, related_name="+")
    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    due_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["assignment", "learner", "due_at"], name="reminded_once")]

    def __str__(self) -> str:
        return f"{self.learner_id} of {self.assignment_id} due {self.due_at:%F %T}"
