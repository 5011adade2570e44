"""The calendars app."""

from django.apps import AppConfig


class CalendarsConfig(AppConfig):
    """Calendar feeds."""

    name = "server.calendars"
