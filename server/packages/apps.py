"""The packages app."""

from django.apps import AppConfig


class PackagesConfig(AppConfig):
    """Exercises and lessons of courses."""

    name = "server.packages"
