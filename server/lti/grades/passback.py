"""Sending scores: one try at a time for each cell, later again where it fails, until it is given up.

A try is claimed before it is made. Its moment is a whole second, later than that of any other score sent into the cell
and never in the future; a retry of the same score repeats it. So what arrives twice is refused the second time, and
nothing older overwrites what is newer, whichever way the network delays it.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from grader.telemetry import metrics
from server.lti.errors import ServiceError
from server.lti.grades import line_items, outbox
from server.lti.models import LineItem, Passback, PassbackState, PassbackTry, in_time
from server.lti.platform.claims import RESULT
from server.lti.platform.transport import Answer
from server.webhooks.delivery import wait_before_next
from server.webhooks.transport import Answer as Heard

log = structlog.get_logger(__name__)

SECOND = timedelta(seconds=1)
AT_ONCE = 200
KEPT_FOR = timedelta(days=180)
TOO_OLD = ("before last updated", "already exists for the provided timestamp", "updated to a later point in time")
TEMPORARY = frozenset({None, 401, 408, 425, 429, 500, 502, 503, 504})


class Fate(StrEnum):
    """What became of a try."""

    ARRIVED = "arrived"
    LATER = "later"
    STALE = "stale"
    REFUSED = "refused"
    DIFFERS = "differs"


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What became of a try, with the platform's status and words."""

    fate: Fate
    status: int | None = None
    words: str = ""
    retry_after: int | None = None


def send(pk: int) -> PassbackState | None:
    """Make one try at a score that is due and return where it then is; None where there is nothing to do."""
    row = _claim(pk)
    if row is None:
        return None
    began, at = time.monotonic(), timezone.now()
    outcome = _try(row)
    PassbackTry.objects.create(
        passback=row,
        at=at,
        given=row.given,
        stamped_at=row.stamped_at,
        status=outcome.status,
        words=outcome.words,
        seconds=round(time.monotonic() - began, 3),
    )
    state = _settle(row, outcome)
    metrics.passback_tries.labels(outcome.fate).inc()
    log.info("score_tried", passback=pk, fate=str(outcome.fate), status=outcome.status, words=outcome.words)
    return state


def due() -> list[int]:
    """Return the scores whose time has come, the oldest first; a bounded number."""
    rows = Passback.objects.filter(
        state=PassbackState.PENDING,
        due_at__lte=timezone.now(),
        identity__platform__enabled=True,
        line_item__lms_course__deployment__approved=True,
        line_item__lms_course__course=F("line_item__assignment__course"),
    )
    return list(rows.order_by("due_at").values_list("pk", flat=True)[:AT_ONCE])


@transaction.atomic
def resend(rows: Iterable[Passback]) -> int:
    """Send scores once more, over whatever stands there: somebody asked for it. Return how many there are to send."""
    locked = Passback.objects.select_for_update().filter(pk__in=[row.pk for row in rows]).order_by("pk")
    for row in locked:
        row.version += 1
        outbox.due(row)
        row.save()
    return sum(row.state == PassbackState.PENDING for row in locked)


def forget() -> int:
    """Forget tries of half a year ago; return how many."""
    return PassbackTry.objects.filter(at__lt=timezone.now() - KEPT_FOR).delete()[0]


@transaction.atomic
def _claim(pk: int) -> Passback | None:
    """Take a score that is due, with its moment; None where it is not due, or somebody is at it."""
    rows = Passback.objects.select_for_update(of=("self",)).select_related(
        "identity__platform", "line_item__assignment", "line_item__lms_course__deployment__platform"
    )
    row, now = rows.filter(pk=pk).first(), timezone.now()
    if row is None or row.state != PassbackState.PENDING or row.due_at > now or in_time(row.busy_until, now):
        return None
    if not _is_open(row.line_item):
        return None
    if not outbox.students_of(row.line_item, [row.identity.user_id]).filter(pk=row.identity_id).exists():
        row.state, row.words = PassbackState.WITHHELD, "Not a student in the LMS course."
        row.save(update_fields=["state", "words"])
        return None
    if not _stamp(row):
        row.save(update_fields=["due_at"])
        return None
    row.tried += 1
    row.busy_until = now + timedelta(seconds=20 * settings.LTI_TIMEOUT)
    row.save(update_fields=["tried", "busy_until", "stamped_at", "stamped_version"])
    return row


def _is_open(line_item: LineItem) -> bool:
    """Whether anything may be sent there: the platform is on, and its course is still linked to the assignment's."""
    deployment = line_item.lms_course.deployment
    is_linked = line_item.lms_course.course_id == line_item.assignment.course_id
    return deployment.approved and deployment.platform.enabled and is_linked


def _stamp(row: Passback) -> bool:
    """Give this version of the score its moment. False where that lies ahead: then it is not due before."""
    if row.stamped_version == row.version:
        return True
    now = timezone.now()
    moment = now.replace(microsecond=0)
    if row.stamped_at is not None:
        moment = max(moment, row.stamped_at + SECOND)
    if moment > now:
        row.due_at = moment
        return False
    row.stamped_at, row.stamped_version = moment, row.version
    return True


def _try(row: Passback) -> Outcome:
    assert row.stamped_at is not None, "what is claimed has its moment"
    try:
        answer = line_items.send_score(row, line_items.address(row.line_item), stamped_at=row.stamped_at)
        if answer.good:
            return Outcome(fate=Fate.ARRIVED, status=answer.status)
        return _compared(row, answer) if _is_too_old(answer) else _outcome(answer)
    except ServiceError as error:
        fate = Fate.LATER if error.status in TEMPORARY else Fate.REFUSED
        return Outcome(fate=fate, status=error.status, words=error.words, retry_after=error.retry_after)


def _is_too_old(answer: Answer) -> bool:
    """Whether the platform has a score of that moment, or a later one: 409, or (Canvas, Open edX) 400 and why."""
    return answer.status == 409 or (answer.status == 400 and any(said in answer.words.lower() for said in TOO_OLD))


def _outcome(answer: Answer) -> Outcome:
    slow_down = answer.status == 403 and answer.headers.get("x-rate-limit-remaining", "").strip() in {"0", "0.0"}
    fate = Fate.LATER if slow_down or answer.status in TEMPORARY else Fate.REFUSED
    return Outcome(fate=fate, status=answer.status, words=answer.words, retry_after=answer.retry_after)


def _compared(row: Passback, answer: Answer) -> Outcome:
    """Say what it means that the platform has a score of that moment: ours, an older one of ours, or another's."""
    line_item, ours = row.line_item, line_items.share(row.given or 0, row.most)
    if RESULT not in line_item.lms_course.scopes:
        return Outcome(fate=Fate.STALE, status=answer.status, words=answer.words)
    found = next((one.share for one in line_items.results(line_item, sub=row.identity.sub)), None)
    if line_items.same(found, ours):
        return Outcome(fate=Fate.ARRIVED, status=answer.status, words=answer.words)
    if found is None or line_items.same(found, _sent(row)):
        return Outcome(fate=Fate.STALE, status=answer.status, words=answer.words)
    words = f"The platform has {found:.4g} of the points, from somebody else. {answer.words}"
    return Outcome(fate=Fate.DIFFERS, status=answer.status, words=words[:500])


def _sent(row: Passback) -> float | None:
    return None if row.sent_given is None else line_items.share(row.sent_given, row.sent_most or 0)


@transaction.atomic
def _settle(tried: Passback, outcome: Outcome) -> PassbackState:
    row = Passback.objects.select_for_update().get(pk=tried.pk)
    row.busy_until = None
    if outcome.fate == Fate.ARRIVED:
        row.sent_given, row.sent_most, row.sent_submitted_at = tried.given, tried.most, tried.submitted_at
        row.sent_at = timezone.now()
    if row.version == tried.version:
        _end(row, outcome)
    elif row.state == PassbackState.PENDING:
        outbox.due(row)  # it changed meanwhile: what should be there now is yet to be sent
    row.save()
    return PassbackState(row.state)


def _end(row: Passback, outcome: Outcome) -> None:
    row.words = outcome.words
    match outcome.fate:
        case Fate.ARRIVED:
            row.state, row.words = PassbackState.SENT, ""
        case Fate.REFUSED:
            row.state = PassbackState.FAILED
        case Fate.DIFFERS:
            row.state = PassbackState.DIFFERS
        case Fate.LATER | Fate.STALE:
            _later(row, outcome)


def _later(row: Passback, outcome: Outcome) -> None:
    if outcome.fate == Fate.STALE:
        row.stamped_version = 0  # the next try has a moment of its own
    wait = wait_before_next(row.tried, Heard(status=outcome.status, retry_after=outcome.retry_after))
    if wait is None:
        row.state, row.words = PassbackState.FAILED, f"Given up after {row.tried} tries. {outcome.words}"[:500]
    else:
        row.due_at = timezone.now() + timedelta(seconds=wait)
