"""The home app."""

from django.apps import AppConfig


class HomeConfig(AppConfig):
    """Pages only: it reads courses, submissions and grades, and has no tables."""

    name = "server.home"
