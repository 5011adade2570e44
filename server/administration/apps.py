"""The administration app."""

from django.apps import AppConfig


class AdministrationConfig(AppConfig):
    """Pages for administrators."""

    name = "server.administration"
