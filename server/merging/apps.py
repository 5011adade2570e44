"""The merging app."""

from django.apps import AppConfig


class MergingConfig(AppConfig):
    """Merges two accounts of one person, for instructors and administrators."""

    name = "server.merging"
