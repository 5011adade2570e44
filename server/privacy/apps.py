"""The privacy app."""

from django.apps import AppConfig


class PrivacyConfig(AppConfig):
    """Exports and erases the data of a person, and deletes what is too old."""

    name = "server.privacy"
