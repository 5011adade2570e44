"""The roster app."""

from django.apps import AppConfig


class RosterConfig(AppConfig):
    """People of a course."""

    name = "server.roster"
