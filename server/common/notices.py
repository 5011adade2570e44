"""Short e-mails to people about what happened to their account or course."""

from collections.abc import Iterable
from functools import partial

import structlog
from django.core.mail import send_mail
from django.db import transaction

log = structlog.get_logger(__name__)


def send_notice(subject: str, text: str, addresses: Iterable[str]) -> None:
    """Send an e-mail to each address after the commit. If it cannot be sent, that is logged and nothing else fails."""
    to = sorted({address for address in addresses if address})
    if to:
        transaction.on_commit(partial(_send, subject, text, to), robust=True)


def _send(subject: str, text: str, addresses: list[str]) -> None:
    for address in addresses:
        try:
            send_mail(subject, text, None, [address])
        except Exception:
            # SMTP, sockets and the settings of a backend fail in many ways. None of them is the request's fault.
            log.warning("notice_not_sent", subject=subject, exc_info=True)
