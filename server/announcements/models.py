"""Announcements."""

import uuid

from django.conf import settings
from django.db import models

from server.catalogue.markdown import render
from server.courses.models import Course, Section


class Announcement(models.Model):
    """What a teacher told a course, or one section of it. `body` is Markdown; `mailed` counts the mails.

    `form` is the key of the form that sent it, so that a form that arrives twice sends once.
    """

    course = models.ForeignKey(Course, models.CASCADE, related_name="announcements")
    # A section's announcements go with it: they were for its people only.
    section = models.ForeignKey(Section, models.CASCADE, null=True, blank=True, related_name="announcements")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    form = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    subject = models.CharField(max_length=150)
    body = models.TextField()
    at = models.DateTimeField(auto_now_add=True)
    mailed = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["course", "-at"], name="announcements_of_a_course")]

    def __str__(self) -> str:
        return self.subject

    @property
    def html(self) -> str:
        """The body as safe HTML."""
        return render(self.body)
