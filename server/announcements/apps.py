"""The announcements app."""

from django.apps import AppConfig


class AnnouncementsConfig(AppConfig):
    """Announcements of a course."""

    name = "server.announcements"
