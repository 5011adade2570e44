"""The API app."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """Tokens, and what the API keeps beside a submission."""

    name = "server.api"
