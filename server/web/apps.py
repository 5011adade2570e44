"""The web app."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Templates, styles and scripts that every app shares."""

    name = "server.web"
