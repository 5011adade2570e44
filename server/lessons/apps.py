"""The lessons app."""

from django.apps import AppConfig


class LessonsConfig(AppConfig):
    """Lessons with code that runs."""

    name = "server.lessons"
