"""The roster app."""

from django.apps import AppConfig


class RosterConfig(AppConfig):
    """Members of a course."""

    name = "server.roster"
