"""The integrations app."""

from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    """Pages for API tokens and webhooks."""

    name = "server.integrations"
