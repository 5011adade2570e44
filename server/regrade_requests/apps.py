"""The app of regrade requests."""

from django.apps import AppConfig


class RegradeRequestsConfig(AppConfig):
    """Requests of learners, and answers of instructors."""

    name = "server.regrade_requests"
