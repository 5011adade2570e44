"""The mail app."""

from django.apps import AppConfig


class MailConfig(AppConfig):
    """The outbox of e-mails."""

    name = "server.mail"
