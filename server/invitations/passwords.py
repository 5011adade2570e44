"""Invitations of people who were added to a course and have no password: a link with which they choose one.

The link is made when the mail is sent, so it is in no table. It is signed, works for INVITATION_DAYS, and fits only the
account as it was: a password, another address or a sign-in makes it useless. It also ends with the membership.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.core import signing
from django.db import transaction
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

from server.accounts.models import User
from server.accounts.names import in_order
from server.accounts.services import come_from_elsewhere, confirm_address, signs_in_elsewhere
from server.courses.models import Course, Enrollment
from server.mail.letters import LetterLink, Part, Written, write
from server.mail.models import Mail, MailKind, MailState
from server.mail.services import can_get_mail, queue_unwritten

_SALT = "server.invitations.passwords"


class LinkRefused(Exception):
    """An invitation that sets no password. The text says why, and what to do."""


OLD = "This link does not work any more. Ask your instructor for a new invitation."
USED = "This account has a password already. Sign in with it, or ask for a new one."


def needs_password(user: User) -> bool:
    """Whether a person is active, has no password yet and is no administrator."""
    allowed = user.is_active and not user.is_staff and not user.is_superuser
    return allowed and not user.has_usable_password()


def can_be_invited(user: User) -> bool:
    """Whether a person needs a password, and does not come from a learning platform."""
    return needs_password(user) and not signs_in_elsewhere(user)


@transaction.atomic
def invite_people(course: Course, people: Iterable[User]) -> int:
    """Queue an invitation for everybody who needs a password and has an address; return for how many.

    Who has an invitation that was not sent yet gets no second one.
    """
    needing = [user for user in people if needs_password(user)]
    left_out = User.objects.filter(pk__in=[user.pk for user in needing])
    waiting = left_out.filter(mails__in=Mail.objects.filter(kind=MailKind.INVITATION, state=MailState.PENDING))
    left = {*waiting.values_list("pk", flat=True), *come_from_elsewhere(left_out).values_list("pk", flat=True)}
    subject = f"Your account for {course.title}"
    wanted = [user for user in needing if user.pk not in left]
    return queue_unwritten(MailKind.INVITATION, wanted, subject, course=course)


def why_not(user: User) -> str:
    """Return why a person gets no invitation, as the end of a sentence."""
    if not settings.SENDS_MAIL:
        return "this server sends no e-mail."
    if signs_in_elsewhere(user):
        return "they sign in through the learning platform."
    if not needs_password(user):
        return "they have a password already, or cannot have one."
    return "one waits to be sent." if can_get_mail(user) else "they have no address for mail."


@dataclass(frozen=True, kw_only=True, slots=True)
class WithoutPassword:
    """The members of a course who have no password, in the order of names.

    `invitable` can get an invitation, `unreachable` have no address for mail, `elsewhere` come from a learning
    platform.
    """

    invitable: list[User]
    unreachable: list[User]
    elsewhere: list[User]


def without_password(course: Course) -> WithoutPassword:
    """Return who has no password in a course."""
    rows = User.objects.filter(enrollments__course=course, password__startswith=UNUSABLE_PASSWORD_PREFIX)
    people = sorted(
        (user for user in rows if needs_password(user)),
        key=lambda one: in_order(one.last_name, one.first_name, one.username),
    )
    elsewhere = set(come_from_elsewhere(rows).values_list("pk", flat=True))
    here = [user for user in people if user.pk not in elsewhere]
    return WithoutPassword(
        invitable=[user for user in here if can_get_mail(user)],
        unreachable=[user for user in here if not can_get_mail(user)],
        elsewhere=[user for user in people if user.pk in elsewhere],
    )


def on_enrolled(*, instance: Enrollment, created: bool, raw: bool, **_: Any) -> None:
    """Invite a new member who has no password, whatever added them."""
    if created and not raw:
        invite_people(instance.course, [instance.user])


def write_invitation(mail: Mail) -> Written | None:
    """Return the text of an invitation with a fresh link; None if the person needs none any more."""
    user, course = mail.recipient, mail.course
    if user is None or course is None or user.email != mail.address or not can_be_invited(user):
        return None
    url = settings.PUBLIC_URL + reverse("invitations:password", args=[link_token(user, course)])
    days = settings.INVITATION_DAYS
    parts: list[Part] = [
        f"you are a member of the course {course.title}. Your user name is {user.username}.",
        "You have no password yet. Choose one to sign in.",
        LetterLink(label="Choose a password", url=url),
        f"The link works once, and for {days} days. After that, your instructor can send you a new one.",
        "If you do not know this course, do nothing.",
    ]
    return write(mail.subject, parts)


def link_token(user: User, course: Course) -> str:
    """Return what a link says: the person, the course, and a print of the account as it is now."""
    named = {"user": user.pk, "course": course.pk, "print": _print(user)}
    return signing.dumps(named, salt=_SALT)


def person_of(token: str, *, lock: bool = False) -> tuple[User, Course]:
    """Return the person and the course of a link. Raises LinkRefused if the link sets no password any more."""
    try:
        named = signing.loads(token, salt=_SALT, max_age=timedelta(days=settings.INVITATION_DAYS))
    except signing.BadSignature:
        raise LinkRefused(OLD) from None
    people = User.objects.select_for_update() if lock else User.objects.all()
    user = people.filter(pk=named["user"]).first()
    if user is not None and user.has_usable_password():
        raise LinkRefused(USED)
    course = Course.objects.filter(pk=named["course"], members=named["user"]).first()
    if user is None or course is None or not can_be_invited(user):
        raise LinkRefused(OLD)
    if not constant_time_compare(named["print"], _print(user)):
        raise LinkRefused(OLD)
    return user, course


@transaction.atomic
def choose_password(token: str, password: str) -> User:
    """Set the password of a link's person, once. Their address is confirmed: the link arrived there.

    Raises LinkRefused if the link sets no password any more.
    """
    user, _ = person_of(token, lock=True)
    user.set_password(password)
    user.save(update_fields=["password"])
    confirm_address(user)
    return user


def _print(user: User) -> str:
    value = f"{user.pk} {user.password} {user.email} {user.last_login}"
    return salted_hmac(_SALT, value, algorithm="sha256").hexdigest()[:32]
