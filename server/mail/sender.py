"""Sends what is due, over one connection for many mails.

Each mail is claimed in a transaction of its own, then sent, then marked. If the worker dies between sending and
marking, the mail is sent again after its lease: at least once, with the same Message-ID, by which mailboxes recognize
copies.

Only one worker sends at a time. If the mail server cannot be reached, nobody tries for some time: an outage costs the
records worker one short wait every few minutes.
"""

import smtplib
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr
from enum import StrEnum
from typing import Any

import structlog
from django.conf import settings
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.db.models import Q, QuerySet
from django.utils import timezone

from grader.telemetry import metrics
from server.mail.letters import STOP_URL, Written
from server.mail.models import ALWAYS, Letter, Mail, MailServer, MailState, SwitchedOff
from server.mail.sealing import LetterUnreadable, unseal
from server.mail.services import WRITERS
from server.mail.unsubscribing import unsubscribe_url
from server.outbox.retries import wait_before_next
from server.outbox.rows import PENDING
from server.outbox.sender import MAX_DUE, Sender

# A run ends after so long and publishes the next one, so that other tasks get their turn.
RUN_SECONDS = 5.0
# If a worker dies while it sends, another one goes on after this time, and sends the mail that was in its hands again.
LEASE = timedelta(minutes=2)
# After a failure of the server, nobody tries for 10 s, then 20 s, at most 5 minutes.
SHORTEST_PAUSE, LONGEST_PAUSE = 10, 300

log = structlog.get_logger(__name__)


class MailResult(StrEnum):
    """What became of a try."""

    SENT = "sent"
    REFUSED = "refused"
    LATER = "later"
    UNREACHABLE = "unreachable"
    UNWANTED = "unwanted"


@dataclass(frozen=True, kw_only=True, slots=True)
class MailTry:
    """A try, and the answer of the mail server in words."""

    result: MailResult
    answer: str = ""


def send_due() -> bool:
    """Send what is due for some seconds; return whether there is more to do at once."""
    if not settings.SENDS_MAIL or not _claim_server():
        return False
    try:
        connection = mail.get_connection()
        connection.open()
    except Exception as error:  # sockets, SMTP, a refused sign-in, settings that contradict each other
        _pause(f"{type(error).__name__}: {error}")
        return False
    sender = MailSender(connection)
    try:
        more = _send_all(sender)
    finally:
        _close(connection)
    if sender.lost:
        _pause(sender.lost)
        return False
    _server().update(busy_until=timezone.now(), failures=0, error="")
    return more


def _send_all(sender: "MailSender") -> bool:
    """Send until nothing is due, the server is lost or the time is over; return whether something is left."""
    end = time.monotonic() + RUN_SECONDS
    due = sender.due()
    for pk in due:
        if sender.lost or time.monotonic() > end:
            return True
        sender.try_once(pk)
    return len(due) == MAX_DUE


def _server() -> QuerySet[MailServer]:
    return MailServer.objects.filter(pk=1)


def _claim_server() -> bool:
    now = timezone.now()
    MailServer.objects.get_or_create(pk=1, defaults={"busy_until": now})
    due = Mail.objects.filter(state=PENDING, due_at__lte=now).exists()
    return due and _server().filter(busy_until__lte=now).update(busy_until=now + LEASE) == 1


def _pause(error: str) -> None:
    failures = _server().values_list("failures", flat=True).get()
    pause = min(SHORTEST_PAUSE * 2 ** min(failures, 10), LONGEST_PAUSE)
    until = timezone.now() + timedelta(seconds=pause)
    _server().update(failures=failures + 1, busy_until=until, error=error[:300].replace("\0", ""))
    metrics.mail_tries.labels(MailResult.UNREACHABLE).inc()
    log.warning("mail_server_unreachable", error=error[:300], pause=pause)


def _close(connection: Any) -> None:
    try:
        connection.close()
    except (OSError, smtplib.SMTPException):
        log.info("mail_connection_lost")


class MailSender(Sender[Mail, MailTry]):
    """The outbox of mails, over an open connection. `lost` is the error that broke it; empty while it works."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.lost = ""

    def rows(self) -> QuerySet[Mail]:
        """Return all mails."""
        return Mail.objects.select_related("letter", "recipient", "course")

    def open_rows(self) -> QuerySet[Mail]:
        """Return all mails."""
        return Mail.objects.all()

    def due(self) -> list[Any]:
        """Return the keys of the mails that are due: what people wait for first, then the oldest."""
        rows = self.open_rows().filter(state=PENDING, due_at__lte=timezone.now()).order_by("rank", "due_at", "pk")
        return list(rows.values_list("pk", flat=True)[:MAX_DUE])

    def prepare(self, row: Mail, now: datetime) -> bool:
        """Give up a mail that is too old, and cancel one that nobody wants any more."""
        if row.expires_at <= now:
            _end(row, MailState.FAILED, row.error or "The mail server could not be reached in time.")
        elif not _is_wanted(row):
            _end(row, MailState.CANCELLED)
        return row.state == PENDING

    def lease(self, row: Mail, now: datetime) -> None:
        """Save the claim."""
        row.due_at = now + LEASE
        row.save(update_fields=["tried", "due_at"])

    def send(self, row: Mail) -> MailTry:
        """Send a mail."""
        try:
            written = _written(row)
            if written is None:
                return MailTry(result=MailResult.UNWANTED)
            self.connection.send_messages([message(row, written)])
        except (smtplib.SMTPException, OSError) as error:
            return self._failed(error)
        except (LetterUnreadable, UnicodeError, ValueError) as error:
            return MailTry(result=MailResult.REFUSED, answer=str(error))
        except Exception as error:
            # A bug that concerns one mail must not stop all others.
            log.exception("mail_not_written", mail=str(row.pk))
            return MailTry(result=MailResult.LATER, answer=f"Chainrule made a mistake: {type(error).__name__}.")
        return MailTry(result=MailResult.SENT)

    def _failed(self, error: Exception) -> MailTry:
        answer: bytes | str
        match error:
            case smtplib.SMTPRecipientsRefused():
                code, answer = next(iter(error.recipients.values()))
            case smtplib.SMTPDataError():
                code, answer = error.smtp_code, error.smtp_error
            case smtplib.SMTPNotSupportedError():
                return MailTry(result=MailResult.REFUSED, answer=str(error))
            case _:
                self.lost = f"{type(error).__name__}: {error}"
                return MailTry(result=MailResult.LATER, answer=self.lost)
        words = f"{code} {answer.decode(errors='replace') if isinstance(answer, bytes) else answer}"
        return MailTry(result=MailResult.REFUSED if code >= 500 else MailResult.LATER, answer=words)

    def record_try(self, row: Mail, outcome: MailTry, *, at: datetime, seconds: float) -> None:
        """Count the try. The row keeps only the last answer."""
        metrics.mail_tries.labels(outcome.result).inc()

    def settle(self, row: Mail, outcome: MailTry) -> str:
        """End the mail, or schedule the next try."""
        match outcome.result:
            case MailResult.SENT:
                _end(row, MailState.SENT)
            case MailResult.REFUSED:
                _end(row, MailState.REFUSED, outcome.answer)
                # Not the answer: it can name the address, and no address is logged.
                log.warning("mail_refused", mail=str(row.pk), kind=row.kind, code=outcome.answer[:3])
            case MailResult.UNWANTED:
                _end(row, MailState.CANCELLED)
            case _:
                wait = wait_before_next(row.tried, status=None, retry_after=None)
                if wait is None:
                    _end(row, MailState.FAILED, outcome.answer)
                else:
                    row.due_at, row.error = timezone.now() + timedelta(seconds=wait), outcome.answer[:300]
                    row.save(update_fields=["due_at", "error"])
        return row.state


def message(row: Mail, written: Written) -> EmailMultiAlternatives:
    """Return a mail as it goes to the server: text and HTML, and headers that no auto-responder answers."""
    headers = {
        "Message-ID": f"<{row.pk}@{_sender_domain()}>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
    }
    text, html, stops = written.text, written.html, row.letter.stops if row.letter else []
    if row.recipient_id is not None and stops:
        url = unsubscribe_url(row.recipient_id, stops)
        headers |= {"List-Unsubscribe": f"<{url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
        text, html = text.replace(STOP_URL, url), html.replace(STOP_URL, url)
    made = EmailMultiAlternatives(row.subject, text, None, [row.address], headers=headers)
    made.attach_alternative(html, "text/html")
    return made


def delete_old() -> int:
    """Delete mails that ended or expired more than MAIL_KEPT_DAYS ago, and return how many."""
    before = timezone.now() - timedelta(days=settings.MAIL_KEPT_DAYS)
    count, _ = Mail.objects.filter(Q(finished_at__lt=before) | Q(state=PENDING, expires_at__lt=before)).delete()
    Letter.objects.filter(mails=None).delete()
    return count


def _written(row: Mail) -> Written | None:
    if row.letter is not None:
        return Written(**unseal(row.letter.content))
    return WRITERS[row.kind](row)


def _is_wanted(row: Mail) -> bool:
    """Whether the person is still active, still in the course of the mail, and has not switched its kind off."""
    if row.recipient is None:
        return True
    off = SwitchedOff.objects.filter(user=row.recipient_id, kind=row.kind)
    if not row.recipient.is_active or (row.kind not in ALWAYS and off.exists()):
        return False
    return row.course is None or row.course.enrollments.filter(user=row.recipient_id).exists()


def _end(row: Mail, state: MailState, answer: str = "") -> None:
    """End a mail. Its letter, which can hold a secret link, is deleted with the last mail that needs it."""
    letter = row.letter
    row.state, row.finished_at, row.error, row.letter = state, timezone.now(), answer[:300], None
    row.save(update_fields=["state", "finished_at", "error", "letter"])
    if letter is not None and not letter.mails.filter(state=PENDING).exists():
        Letter.objects.filter(pk=letter.pk).delete()


def _sender_domain() -> str:
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return domain.encode("idna").decode()
