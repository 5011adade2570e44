"""The courses app."""

from django.apps import AppConfig


class CoursesConfig(AppConfig):
    """Courses and enrollments."""

    name = "server.courses"
