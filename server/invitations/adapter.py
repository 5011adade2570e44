"""How django-allauth asks this project who can sign up, and how its e-mails are sent."""

from typing import Any

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from server.accounts.lock_out import is_locked, mail_locked
from server.invitations.services import find
from server.invitations.views import SESSION_KEY

log = structlog.get_logger(__name__)


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are made by staff, by an invitation or by an LMS. There is no open sign-up."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "account_inactive": "This account is switched off. Ask your instructor or an administrator.",
        "email_password_mismatch": "The e-mail address or the password is not correct.",
        "email_taken": "Another account has this e-mail address.",
        "duplicate_email": "Your account has this e-mail address already.",
        "enter_current_password": "Enter your present password.",
        "incorrect_code": "Incorrect code. Use the newest one that your app shows.",
        "incorrect_password": "This password is not correct.",
        "invalid_or_expired_key": "This link does not work any more.",
        "invalid_password_reset": "This link does not work any more. Ask for a new one.",
        "rate_limited": "You tried this too often. Wait a few minutes.",
        "too_many_login_attempts": "Too many wrong passwords or codes. Wait five minutes, then try again.",
        "unverified_primary_email": "Confirm your e-mail address first.",
        "username_blacklisted": "This user name cannot be used. Choose another one.",
        "username_password_mismatch": "The user name or the password is not correct.",
    }

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

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Refuse if there were too many wrong passwords, and tell the account's owner."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            if is_locked(request, self._get_login_attempts_cache_key(request, **credentials)):
                mail_locked(credentials)
            raise
