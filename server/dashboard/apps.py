"""The dashboard app."""

from django.apps import AppConfig


class DashboardConfig(AppConfig):
    """Pages for teachers."""

    name = "server.dashboard"
