"""The invitations app."""

from django.apps import AppConfig


class InvitationsConfig(AppConfig):
    """Links and codes by which students come into a course."""

    name = "server.invitations"
