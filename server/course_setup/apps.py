"""The app for making courses."""

from django.apps import AppConfig


class CourseSetupConfig(AppConfig):
    """New courses, copies, and many assignments at once."""

    name = "server.course_setup"
