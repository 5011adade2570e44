"""What leaves this server: e-mail, scores for learning platforms, webhooks; and the certificate that visitors see."""

import socket
import ssl
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Count, Min
from django.utils import timezone

from server.administration.server_health.facts import HealthFact, Severity, age, count_of, duration
from server.lti.models import Passback, PassbackState
from server.mail.models import Mail, MailServer, MailState
from server.webhooks.models import Delivery, DeliveryState, Endpoint

# Something that waits for longer (seconds) does not leave.
LONG = 900
LATELY = timedelta(days=1)
EXPIRES_SOON = timedelta(days=14)
TLS_TIMEOUT = 2.0


def mail_facts() -> list[HealthFact]:
    """Return what the outbox holds, when the last mail left, and what the mail server answers."""
    if not settings.SENDS_MAIL:
        todo = "Set EMAIL_HOST (docs/operator/mail.md): without it nobody gets an invitation or a new password."
        return [HealthFact(name="State", value="this server sends no e-mail", level=Severity.BAD, todo=todo)]
    last = Mail.objects.filter(state=MailState.SENT).order_by("-pk").first()
    sent = age(last.finished_at) if last and last.finished_at else "never"
    return [
        HealthFact(name="Last sent", value=sent, level=Severity.GOOD if last else Severity.NOTE),
        _server(),
        _outbox(),
        _lost(),
    ]


def _server() -> HealthFact:
    row = MailServer.objects.first()
    if row is None or not row.failures:
        return HealthFact(name="Mail server", value="no failure")
    return HealthFact(
        name="Mail server",
        value=f"{count_of(row.failures, 'failure')} in a row; the last: {row.error or 'see the log'}",
        level=Severity.BAD,
        todo="Read what the mail server answers, correct EMAIL_HOST and its password, then send yourself a test.",
    )


def _outbox() -> HealthFact:
    waiting = Mail.objects.filter(state=MailState.PENDING).aggregate(Count("pk"), Min("created_at"))
    count, first = waiting["pk__count"], waiting["created_at__min"]
    late = first is not None and (timezone.now() - first).total_seconds() > LONG
    return HealthFact(
        name="Waiting",
        value=f"{count_of(count, 'mail')}, the oldest since {age(first).removesuffix(' ago')}" if first else "nothing",
        level=Severity.BAD if late else Severity.GOOD,
        todo="Mail does not leave: see the lines above and that the records worker runs." if late else "",
    )


def _lost() -> HealthFact:
    ended = Mail.objects.filter(
        state__in=[MailState.REFUSED, MailState.FAILED], finished_at__gte=timezone.now() - LATELY
    )
    count, last = ended.count(), ended.order_by("-pk").first()
    return HealthFact(
        name="Lost within a day",
        value=f"{count_of(count, 'mail')}; the last answer: {last.error}" if last else "none",
        level=Severity.WARNING if last else Severity.GOOD,
        todo="Correct the addresses of these people: the page of each says what the mail server answered."
        if last
        else "",
    )


def system_facts() -> list[HealthFact]:
    """Return the scores that do not reach a learning platform, and the webhooks that fail."""
    scores = Passback.objects.filter(state=PassbackState.PENDING).aggregate(Count("pk"), Min("due_at"))
    late = scores["due_at__min"] is not None and (timezone.now() - scores["due_at__min"]).total_seconds() > LONG
    refused = Passback.objects.filter(state=PassbackState.FAILED).count()
    withheld = Passback.objects.filter(state=PassbackState.WITHHELD).count()
    return [
        HealthFact(
            name="Scores for learning platforms",
            value=f"{scores['pk__count']:,} waiting, {refused:,} refused, {withheld:,} with nothing to send",
            level=Severity.BAD if late else Severity.WARNING if refused else Severity.GOOD,
            todo=_todo_of_scores(late=late, refused=refused),
        ),
        _webhooks(),
    ]


def _todo_of_scores(*, late: bool, refused: int) -> str:
    if late:
        return (
            "Scores do not leave: see that the records worker runs, and what the platform answers (Grades to the LMS)."
        )
    return "Open Integrations > Grades to the LMS of the course: it says why, and sends them again." if refused else ""


def _webhooks() -> HealthFact:
    waiting = Delivery.objects.filter(state=DeliveryState.PENDING).count()
    off = Endpoint.objects.filter(enabled=False).exclude(disabled_because="").select_related("course")
    names = ", ".join(f"{one.course} ({one.disabled_because})" for one in off[:3])
    return HealthFact(
        name="Webhooks",
        value=f"{waiting:,} events waiting; " + (f"switched off because they fail: {names}" if names else "none fails"),
        level=Severity.WARNING if names else Severity.GOOD,
        todo="Tell the instructors of these courses: Integrations > Webhooks switches them on again." if names else "",
    )


def certificate_facts() -> list[HealthFact]:
    """Return until when the certificate of the public address is valid, as this machine sees it."""
    address = urlsplit(settings.PUBLIC_URL)
    if address.scheme != "https" or not address.hostname:
        return [HealthFact(name="State", value="the public address has no TLS", level=Severity.NOTE)]
    try:
        ends_at = _valid_until(address.hostname, address.port or 443)
    except ssl.SSLCertVerificationError as error:
        todo = "Renew the certificate: visitors see a warning. The log of the proxy says what went wrong."
        return [HealthFact(name="State", value=f"refused: {error.verify_message}", level=Severity.BAD, todo=todo)]
    except OSError:
        words = "not known: the public address cannot be reached from this machine"
        return [HealthFact(name="State", value=words, level=Severity.NOTE)]
    left = ends_at - timezone.now()
    soon = left < EXPIRES_SOON
    return [
        HealthFact(
            name="Valid until",
            value=f"{ends_at:%Y-%m-%d}, for {duration(left.total_seconds())}",
            level=Severity.WARNING if soon else Severity.GOOD,
            todo="Renew the certificate: it should have been renewed by now. See the log of the proxy." if soon else "",
        )
    ]


def _valid_until(host: str, port: int) -> datetime:
    context = ssl.create_default_context()
    with (
        socket.create_connection((host, port), timeout=TLS_TIMEOUT) as plain,
        context.wrap_socket(plain, server_hostname=host) as secured,
    ):
        certificate = secured.getpeercert() or {}
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), UTC)
