"""The connections app."""

from django.apps import AppConfig


class ConnectionsConfig(AppConfig):
    """Pages for tokens and webhooks."""

    name = "server.integrations"
