"""Checks before the website or the records worker starts."""

from threading import Thread

import structlog
from django.conf import settings
from django.core import mail
from django.core.exceptions import ImproperlyConfigured

from server.accounts.models import User

log = structlog.get_logger(__name__)


def refuse_demo_accounts() -> None:
    """Raise ImproperlyConfigured if a production database has demo accounts: their passwords are public."""
    if settings.REFUSE_DEMO_ACCOUNTS and User.objects.filter(is_demo=True).exists():
        raise ImproperlyConfigured(
            "This database has demo accounts, and their passwords are public. "
            "Start production with a new database, or delete these accounts first."
        )


def check_mail() -> Thread:
    """Log whether the mail server accepts us, without delaying the start: a slow mail server must not stop grading."""
    check = Thread(target=_check_mail, name="check mail", daemon=True)
    check.start()
    return check


def _check_mail() -> None:
    if not settings.SENDS_MAIL:
        log.warning("mail_is_off", set="EMAIL_HOST")
        return
    try:
        connection = mail.get_connection()
        connection.open()
        connection.close()
    except OSError as error:
        log.error("mail_server_unreachable", error=str(error))
