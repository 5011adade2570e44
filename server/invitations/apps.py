"""The invitations app."""

from django.apps import AppConfig


class InvitationsConfig(AppConfig):
    """Links and codes with which students join a course."""

    name = "server.invitations"
