"""The similarity app."""

from django.apps import AppConfig


class SimilarityConfig(AppConfig):
    """Comparing submissions."""

    name = "server.similarity"
