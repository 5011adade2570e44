"""Every change that an administrator makes to somebody's account. Each is in the audit log.

change_details      name and e-mail address
deactivate          nobody can sign in to the account; work and grades stay
reactivate          the account can be used again
make_administrator  give all rights on this server
unmake_administrator  take them away; the last administrator keeps them
send_password_link  an e-mail with a link for a new password
remove_factor       delete the second factor, so that the person can sign in and set up another
sign_out            end all sessions
"""

from dataclasses import dataclass

from allauth.account.forms import default_token_generator
from allauth.account.internal.flows.password_reset import request_password_reset
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.http import HttpRequest

from server.accounts.models import User
from server.accounts.services import signs_in_elsewhere
from server.audit.models import AuditAction
from server.audit.services import record
from server.mail.letters import paragraphs, write
from server.mail.models import MailKind
from server.mail.services import can_get_mail, queue_notice, queue_to_address

FACTOR_REMOVED = """an administrator removed the second factor of your account {username}, and ended all its sessions.

If you did not ask for that, tell the administrators of this server at once. Sign in and set up a new second factor:

    {url}/accounts/2fa/
"""
ADDRESS_CHANGED = """an administrator changed the e-mail address of your account {username}. Mail about it does not come
to this address any more.

If you do not know why, ask your instructor."""


class AccountChangeRefused(Exception):
    """A change that cannot be made. The text says why, for the administrator who asked for it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountDetails:
    """What an administrator can write into somebody's account."""

    first_name: str
    last_name: str
    email: str


@transaction.atomic
def change_details(user: User, details: AccountDetails, *, by: User) -> bool:
    """Change name and address; return whether something changed. Raises AccountChangeRefused.

    A former address opens the account no more: no password link goes there. Its owner gets a mail that says so.
    """
    user = _locked(user)
    former = AccountDetails(first_name=user.first_name, last_name=user.last_name, email=user.email)
    if former == details:
        return False
    _require_unused(user, details.email)
    user.first_name, user.last_name, user.email = details.first_name, details.last_name, details.email
    user.save(update_fields=["first_name", "last_name", "email"])
    if former.email.casefold() != details.email.casefold():
        _replace_address(user, former.email)
    record(AuditAction.DETAILS_CHANGED, course=None, by=by, about=user, before=_words(former), after=_words(details))
    return True


@transaction.atomic
def deactivate(user: User, *, by: User) -> None:
    """Switch an account off: sessions and tokens end at once, work and grades stay. Raises AccountChangeRefused."""
    _require_another(user, by, "switch your own account off")
    _require_administrator_left(user)
    user = _locked(user)
    if user.is_active:
        user.is_active = False
        user.save(update_fields=["is_active"])
        record(AuditAction.DEACTIVATED, course=None, by=by, about=user)


@transaction.atomic
def reactivate(user: User, *, by: User) -> None:
    """Switch an account on again. Raises AccountChangeRefused if it was merged into another one."""
    user = _locked(user)
    if user.merged_into is not None:
        raise AccountChangeRefused(f"This account was merged into {user.merged_into.username}. Use that one.")
    if not user.is_active:
        user.is_active = True
        user.save(update_fields=["is_active"])
        record(AuditAction.REACTIVATED, course=None, by=by, about=user)


@transaction.atomic
def make_administrator(user: User, *, by: User) -> None:
    """Give a person all rights on this server. Raises AccountChangeRefused if the account is switched off."""
    user = _locked(user)
    if not user.is_active:
        raise AccountChangeRefused("This account is switched off. Switch it on first.")
    if not (user.is_superuser and user.is_staff):
        user.is_superuser = user.is_staff = True
        user.save(update_fields=["is_superuser", "is_staff"])
        record(AuditAction.ADMINISTRATOR_MADE, course=None, by=by, about=user)


@transaction.atomic
def unmake_administrator(user: User, *, by: User) -> None:
    """Take a person's rights on this server away. Raises AccountChangeRefused for the last one and for oneself."""
    _require_another(user, by, "take your own rights away")
    _require_administrator_left(user)
    user = _locked(user)
    if user.is_superuser or user.is_staff:
        user.is_superuser = user.is_staff = False
        user.save(update_fields=["is_superuser", "is_staff"])
        _end_sessions(user)
        record(AuditAction.ADMINISTRATOR_UNMADE, course=None, by=by, about=user)


@transaction.atomic
def send_password_link(request: HttpRequest, user: User, *, by: User) -> None:
    """Send a person a link for a new password. Raises AccountChangeRefused if it could not arrive or does not help."""
    if not settings.SENDS_MAIL:
        raise AccountChangeRefused(
            "This server sends no e-mail. Set EMAIL_HOST first, or set a password with manage.py."
        )
    if not can_get_mail(user):
        raise AccountChangeRefused("This account is switched off, or has no address that mail can be sent to.")
    if signs_in_elsewhere(user):
        raise AccountChangeRefused("This person has no password here: they sign in through their learning platform.")
    request_password_reset(request, user.email, [user], default_token_generator)
    record(AuditAction.PASSWORD_LINK_SENT, course=None, by=by, about=user)


@transaction.atomic
def remove_factor(user: User, *, by: User) -> None:
    """Delete a person's second factor and recovery codes, and end their sessions; a mail tells them.

    Raises AccountChangeRefused if there is none. The page tells the administrator to check first who asks.
    """
    deleted, _ = Authenticator.objects.filter(user=user).delete()
    if not deleted:
        raise AccountChangeRefused("This account has no second factor.")
    _end_sessions(user)
    text = FACTOR_REMOVED.format(username=user.username, url=settings.PUBLIC_URL)
    queue_notice(MailKind.SECURITY, [user], "Your second factor was removed", text)
    record(AuditAction.FACTOR_REMOVED, course=None, by=by, about=user)


@transaction.atomic
def sign_out(user: User, *, by: User) -> None:
    """End all sessions of a person, in every browser."""
    _end_sessions(user)
    record(AuditAction.SIGNED_OUT, course=None, by=by, about=user)


def _end_sessions(user: User) -> None:
    User.objects.filter(pk=user.pk).update(sign_outs=F("sign_outs") + 1)


def _locked(user: User) -> User:
    return User.objects.select_for_update(of=("self",)).select_related("merged_into").get(pk=user.pk)


def _require_another(user: User, by: User, what: str) -> None:
    if user == by:
        raise AccountChangeRefused(f"You cannot {what}. Ask another administrator.")


def _require_administrator_left(user: User) -> None:
    """Raise AccountChangeRefused if nobody else could administer this server. Locks the administrators.

    Otherwise two administrators could remove each other at the same time.
    """
    active = User.objects.select_for_update().filter(is_superuser=True, is_active=True).order_by("pk")
    if {one.pk for one in active} <= {user.pk}:
        raise AccountChangeRefused(f"{user.display_name} is the only administrator. Make another person one first.")


def _require_unused(user: User, address: str) -> None:
    if not address:
        return
    taken = Q(email__iexact=address, merged_into=None) | Q(emailaddress__email__iexact=address, merged_into=None)
    other = User.objects.exclude(pk=user.pk).filter(taken).first()
    if other is not None:
        raise AccountChangeRefused(f"The account {other.username} has this address already.")


def _replace_address(user: User, former: str) -> None:
    EmailAddress.objects.filter(user=user, email__iexact=former).delete()
    if former:
        text = ADDRESS_CHANGED.format(username=user.username)
        queue_to_address(
            MailKind.SECURITY, former, write("Your e-mail address was changed", paragraphs(text)), user=user
        )


def _words(details: AccountDetails) -> str:
    name = f"{details.first_name} {details.last_name}".strip()
    return f"{name or 'no name'}, {details.email or 'no address'}"
