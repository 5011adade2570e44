"""The app's entry for Django."""

from django.apps import AppConfig


class StudioConfig(AppConfig):
    """The pages of a course's own packages."""

    name = "server.studio"
