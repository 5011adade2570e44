"""Tells people that their account is locked for some minutes after too many wrong passwords."""

from typing import Any

from allauth.core.internal import ratelimit
from django.conf import settings
from django.core.cache import cache
from django.db.models import Q
from django.http import HttpRequest

from server.accounts.models import User
from server.mail.models import MailKind
from server.mail.services import queue_notice

# One e-mail an hour for each account, however often somebody tries.
QUIET_SECONDS = 3600
ACTION = "login_failed"
TEXT = """Somebody typed too many wrong passwords for your account {username}.
Nobody can sign in to it for five minutes.

If that was you, wait and try again, or choose a new password:

    {url}/accounts/password/reset/

If it was not you, you need not do anything: your password was not guessed. A second factor protects the account even if
somebody knows the password; set it up on your profile page.
"""


def is_locked(request: HttpRequest, key: str) -> bool:
    """Whether the limit of wrong passwords for this login is reached, and not only that of the visitor's address."""
    rates = [rate for rate in settings.ACCOUNT_RATE_LIMITS[ACTION].split(",") if rate.endswith("/key")]
    limits = {ACTION: ",".join(rates)}
    left = ratelimit.consume(request, app="allauth.account", action=ACTION, config=limits, key=key, dry_run=True)
    return left is None


def mail_locked(credentials: dict[str, Any]) -> None:
    """Send an e-mail to the person whose account is locked, if there is such an account."""
    login = credentials.get("email") or credentials.get("username") or ""
    user = User.objects.filter(Q(username__iexact=login) | Q(email__iexact=login), is_active=True).first()
    if user is not None and cache.add(f"lock-out-mailed:{user.pk}", 1, timeout=QUIET_SECONDS):
        text = TEXT.format(username=user.username, url=settings.PUBLIC_URL)
        queue_notice(MailKind.SECURITY, [user], "Your Chainrule account is locked for five minutes", text)
