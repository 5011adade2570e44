"""The dashboard app."""

from django.apps import AppConfig


class DashboardConfig(AppConfig):
    """Pages for those who teach."""

    name = "server.dashboard"
