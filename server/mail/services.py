"""Queueing mail. Nobody waits for the mail server: the row is written now, and the records worker sends it.

    queue_mail(MailKind.SECURITY, [user], write(subject, paragraphs(text)))

If Chainrule sends no mail here (SENDS_MAIL), nothing is queued.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from server import queue
from server.mail.addresses import is_usable
from server.mail.letters import Part, Written, one_line, paragraphs, write
from server.mail.models import ALWAYS, Letter, Mail, MailKind, SwitchedOff
from server.mail.sealing import seal

# A mail that could not be sent for so long is given up. Links in mails of an account work for three days.
LONGEST_WAIT = timedelta(days=3)
BATCH = 500
# People wait for these: they leave before all others.
FIRST = frozenset({MailKind.SECURITY})

WRITERS: dict[str, Callable[[Mail], Written | None]] = {}
"""Kinds whose text is written when it is sent. None: the mail is not wanted any more."""


def writes(kind: MailKind, writer: Callable[[Mail], Written | None]) -> None:
    """Write mails of a kind when they are sent, so that no secret of theirs is ever stored."""
    WRITERS[kind] = writer


@transaction.atomic
def queue_mail(
    kind: MailKind,
    people: Iterable[Any],
    written: Written,
    *,
    course: Any = None,
    stops: Collection[MailKind] = (),
    wait: timedelta = LONGEST_WAIT,
) -> int:
    """Queue one letter to people, in the caller's transaction; return to how many.

    Left out: who has switched the kind off, who has no usable address, who is not active. `stops` are the kinds that
    the mail's own link switches off. After `wait` it is not sent any more.
    """
    if not settings.SENDS_MAIL:
        return 0
    unwanted = _who_switched_off(kind)
    wanted = [one for one in people if one.pk not in unwanted and can_get_mail(one)]
    return _queue(kind, [(one, one.email) for one in wanted], written, course=course, stops=stops, wait=wait)


def queue_to_address(kind: MailKind, address: str, written: Written, *, user: Any = None) -> None:
    """Queue a mail to an address that is not (or not yet) the one of an account."""
    if settings.SENDS_MAIL and is_usable(address):
        _queue(kind, [(user, address)], written, course=None, stops=(), wait=LONGEST_WAIT)


def queue_unwritten(
    kind: MailKind, people: Iterable[Any], subject: str, *, course: Any, wait: timedelta = LONGEST_WAIT
) -> int:
    """Queue mails whose text is written when they are sent; return to how many people."""
    if not settings.SENDS_MAIL:
        return 0
    wanted = [one for one in people if can_get_mail(one)]
    _insert([_mail(kind, one, one.email, subject, course=course, letter=None, wait=wait) for one in wanted])
    return len(wanted)


def queue_notice(kind: MailKind, people: Iterable[Any], subject: str, text: str, *, course: Any = None) -> int:
    """Queue a short mail in plain words, and return to how many people."""
    can_stop = kind not in ALWAYS
    parts: list[Part] = paragraphs(text)
    stops = {kind} if can_stop else ()
    return queue_mail(kind, people, write(subject, parts, can_stop=can_stop), course=course, stops=stops)


def can_get_mail(user: Any) -> bool:
    """Whether a person is active and has an address that we can send to."""
    return user.is_active and is_usable(user.email)


def _queue(
    kind: MailKind,
    people: list[tuple[Any, str]],
    written: Written,
    *,
    course: Any,
    stops: Collection[MailKind],
    wait: timedelta,
) -> int:
    if not people:
        return 0
    content = asdict(written)
    letter = Letter.objects.create(content=seal(content), stops=sorted(stops))
    _insert(
        _mail(kind, user, address, written.subject, course=course, letter=letter, wait=wait) for user, address in people
    )
    return len(people)


def _mail(
    kind: MailKind, user: Any, address: str, subject: str, *, course: Any, letter: Letter | None, wait: timedelta
) -> Mail:
    now = timezone.now()
    return Mail(
        kind=kind,
        rank=0 if kind in FIRST else 1,
        recipient=user,
        address=address,
        course=course,
        subject=one_line(subject),
        letter=letter,
        due_at=now,
        expires_at=now + wait,
    )


def _insert(mails: Iterable[Mail]) -> None:
    made = Mail.objects.bulk_create(mails, batch_size=BATCH)
    # Once for each transaction, however many people it invites.
    if made and not any(callback is _publish for _, callback, *_ in connection.run_on_commit):
        transaction.on_commit(_publish)


def _publish() -> None:
    """Publish that there is something to send. If the message is lost, `mail.sweep` publishes it again."""
    queue.publish("mail.send")


def _who_switched_off(kind: MailKind) -> set[int]:
    return set() if kind in ALWAYS else set(SwitchedOff.objects.filter(kind=kind).values_list("user", flat=True))
