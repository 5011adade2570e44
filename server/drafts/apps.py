"""The drafts app."""

from django.apps import AppConfig


class DraftsConfig(AppConfig):
    """Drafts."""

    name = "server.drafts"
