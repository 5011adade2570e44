"""The gradebook app."""

from django.apps import AppConfig


class GradebookConfig(AppConfig):
    """Assignments and grades."""

    name = "server.gradebook"
