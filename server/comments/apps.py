"""The comments app."""

from django.apps import AppConfig


class CommentsConfig(AppConfig):
    """Comments on submissions."""

    name = "server.comments"
