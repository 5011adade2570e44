"""How django-allauth asks this project who can sign up, and how its e-mails are sent."""

from typing import Any

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from server.invitations.services import find
from server.invitations.views import SESSION_KEY

log = structlog.get_logger(__name__)


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are made by staff, by an invitation or by an LMS. There is no open sign-up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Whether this session opened an invitation that is still valid."""
        code = request.session.get(SESSION_KEY)
        return isinstance(code, str) and find(code) is not None

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send an e-mail. If the mail server refuses or cannot be reached, that is logged and the page is answered.

        A page that failed then would also reveal which addresses have accounts.
        """
        try:
            super().send_mail(template_prefix, email, context)
        except OSError:  # smtplib's errors are of this kind, too
            log.exception("mail_not_sent", template=template_prefix)
