"""The regrades app."""

from django.apps import AppConfig


class RegradesConfig(AppConfig):
    """Regrades."""

    name = "server.regrades"
