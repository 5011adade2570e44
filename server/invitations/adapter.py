"""How django-allauth asks this project who can sign up, and how its e-mails are sent."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.template.loader import render_to_string

from server.accounts.lock_out import is_locked, mail_locked
from server.accounts.models import User
from server.accounts.services import signs_in_elsewhere
from server.invitations.services import find
from server.invitations.views import SESSION_KEY
from server.mail.letters import paragraphs, write
from server.mail.models import MailKind
from server.mail.services import queue_to_address

ELSEWHERE = """somebody asked for a new password for your account. This account has no password: you sign in through the
learning platform of your school. Open an exercise there, and you are signed in here.

If you did not ask for a password, do nothing."""


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
        invitation = find(code) if isinstance(code, str) else None
        return invitation is not None and not invitation.course.is_archived

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Queue an e-mail in our look: allauth's template is its text. No page waits for the mail server."""
        context = {"email": email, **context}
        subject = render_to_string(f"{template_prefix}_subject.txt", context)
        text = render_to_string(f"{template_prefix}_message.txt", context)
        self._queue(email, subject, text, user=context.get("user"))

    def send_password_reset_mail(self, user: User, email: str, context: dict[str, Any]) -> None:
        """Send a link for a new password; if the person signs in through an LMS only, send a mail that says so."""
        if signs_in_elsewhere(user):
            self._queue(email, "You sign in through your learning platform", ELSEWHERE, user=user)
        else:
            super().send_password_reset_mail(user, email, context)

    def send_notification_mail(
        self, template_prefix: str, user: User, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        """Tell a person that something about their account changed, at their first or their only address."""
        address = email or EmailAddress.objects.get_primary_email(user) or user.email
        if address:
            super().send_notification_mail(template_prefix, user, {"user": user, **(context or {})}, address)

    def _queue(self, email: str, subject: str, text: str, *, user: Any) -> None:
        parts = paragraphs(text, site=self.request.build_absolute_uri("/"))
        account = user if isinstance(user, User) and user.pk else None
        written = write(self.format_email_subject(subject.strip()), parts)
        queue_to_address(MailKind.SECURITY, email, written, user=account)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Refuse if there were too many wrong passwords, and tell the account's owner."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            if is_locked(request, self._get_login_attempts_cache_key(request, **credentials)):
                mail_locked(credentials)
            raise
