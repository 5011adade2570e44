"""Sends scores: one try at a time for each score, again later if it fails, until the last try (see `server.outbox`).

Each score has a timestamp in whole seconds: later than that of any other score sent for the same grade, and never in
the future. A retry of the same score repeats it. So the platform refuses a copy, and an older score never overwrites a
newer one, however the network delays them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial

import structlog
from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from grader.telemetry import metrics
from server.lti.errors import NO_SCOPE, ServiceError
from server.lti.grades import line_items, outbox
from server.lti.grades.explanations import NOT_A_STUDENT, RefusalCause, explain
from server.lti.grades.line_items import PlatformResult
from server.lti.models import LineItem, LmsCourse, Passback, PassbackState, PassbackTry, is_ahead
from server.lti.platform.claims import RESULT, SCORE
from server.lti.platform.http_client import explanation
from server.lti.publish import publish_rosters, publish_send
from server.outbox.http_client import Answer
from server.outbox.retries import wait_before_next
from server.outbox.sender import Sender

log = structlog.get_logger(__name__)

SECOND = timedelta(seconds=1)
KEPT_FOR = timedelta(days=180)
TOO_OLD = ("before last updated", "already exists for the provided timestamp", "updated to a later point in time")
# Not 401: it comes after a new token, too, so the platform does not let us send scores.
TEMPORARY = frozenset({None, 408, 425, 429, 500, 502, 503, 504})
OVERRIDDEN = "The LMS accepted our score and shows another grade: somebody changed it there, and that change wins."
ROSTER_AGAIN_AFTER = 300  # seconds between two requests for a roster because scores were refused


class Fate(StrEnum):
    """How a try ended. The values are labels of a metric."""

    ARRIVED = "arrived"
    OVERRIDDEN = "overridden"
    LATER = "later"
    STALE = "stale"
    REFUSED = "refused"
    DIFFERS = "differs"


@dataclass(frozen=True, kw_only=True, slots=True)
class PassbackOutcome:
    """How a try ended, with the platform's status and explanation, and the grade that it shows now if we read it."""

    fate: Fate
    kept: PlatformResult | None = None
    status: int | None = None
    words: str = ""
    retry_after: int | None = None


def send(pk: int) -> PassbackState | None:
    """Make one try at a score that is due and return its state afterwards; None if there is nothing to do."""
    state = SENDER.try_once(pk)
    return None if state is None else PassbackState(state)


def due() -> list[int]:
    """Return the scores that are due, the oldest first; a limited number."""
    return SENDER.due()


@transaction.atomic
def resend(rows: Iterable[Passback]) -> int:
    """Send scores again, as a person requested. Return how many are pending now.

    The platform decides what becomes of them: a grade that somebody overrode there stays.
    """
    locked = Passback.objects.select_for_update().filter(pk__in=[row.pk for row in rows]).order_by("pk")
    for row in locked:
        row.version += 1
        outbox.schedule(row)
        row.save()
    return sum(row.state == PassbackState.PENDING for row in locked)


@transaction.atomic
def send_now(rows: Iterable[Passback]) -> int:
    """Try scores at once that wait for their next try. Return how many. Each keeps its timestamp."""
    now = timezone.now()
    waiting = Passback.objects.select_for_update().filter(pk__in=[row.pk for row in rows], state=PassbackState.PENDING)
    found = [row for row in waiting.order_by("pk") if not is_ahead(row.busy_until, now)]
    for row in found:
        row.due_at, row.tried = now, 0
        row.save(update_fields=["due_at", "tried"])
        transaction.on_commit(partial(publish_send, row.pk))
    return len(found)


def delete_old_tries() -> int:
    """Delete tries that are older than half a year; return how many."""
    return PassbackTry.objects.filter(at__lt=timezone.now() - KEPT_FOR).delete()[0]


class PassbackSender(Sender[Passback, PassbackOutcome]):
    """The outbox of scores. The lease is in `busy_until`, because `due_at` can change while a score is being sent."""

    def rows(self) -> QuerySet[Passback]:
        """Return all scores."""
        return Passback.objects.select_related(
            "identity__platform", "line_item__assignment", "line_item__lms_course__deployment__platform"
        )

    def open_rows(self) -> QuerySet[Passback]:
        """Return the scores for platforms that are enabled, courses that are linked and columns not dismissed."""
        return Passback.objects.filter(
            identity__platform__enabled=True,
            line_item__dismissed_at=None,
            line_item__lms_course__deployment__approved=True,
            line_item__lms_course__course=F("line_item__assignment__course"),
        )

    def prepare(self, row: Passback, now: datetime) -> bool:
        """Give the score its timestamp. Withhold or refuse it if we know that the platform will not take it."""
        if is_ahead(row.busy_until, now) or not _is_open(row.line_item):
            return False
        if row.line_item.assignment.results_held:
            row.state, row.words = PassbackState.WITHHELD, outbox.HELD
            row.save(update_fields=["state", "words"])
            return False
        if not outbox.students_of(row.line_item, [row.identity.user_id]).filter(pk=row.identity_id).exists():
            row.state, row.words = PassbackState.WITHHELD, NOT_A_STUDENT
            row.save(update_fields=["state", "words"])
            return False
        scopes = row.line_item.lms_course.scopes
        if scopes and SCORE not in scopes:
            row.state, row.words = PassbackState.FAILED, NO_SCOPE
            row.save(update_fields=["state", "words"])
            return False
        if not _set_timestamp(row):
            row.save(update_fields=["due_at"])
            return False
        return True

    def lease(self, row: Passback, now: datetime) -> None:
        """Save the claim and the timestamp."""
        row.busy_until = now + timedelta(seconds=20 * settings.LTI_TIMEOUT)
        row.save(update_fields=["tried", "busy_until", "stamped_at", "stamped_version"])

    def send(self, row: Passback) -> PassbackOutcome:
        """Send the score."""
        assert row.stamped_at is not None, "a leased score has its timestamp"
        try:
            url = line_items.find_or_create(row.line_item)
            answer = line_items.send_score(row, url, stamped_at=row.stamped_at)
            if answer.is_success:
                return _arrived(row, answer)
            return _compared(row, answer) if _is_too_old(answer) else _refused(answer)
        except ServiceError as error:
            fate = Fate.LATER if error.status in TEMPORARY else Fate.REFUSED
            return PassbackOutcome(fate=fate, status=error.status, words=error.words, retry_after=error.retry_after)

    def record_try(self, row: Passback, outcome: PassbackOutcome, *, at: datetime, seconds: float) -> None:
        """Add the try to the log of the score."""
        PassbackTry.objects.create(
            passback=row,
            at=at,
            given=row.given,
            stamped_at=row.stamped_at,
            status=outcome.status,
            words=outcome.words,
            seconds=seconds,
        )

    def settle(self, row: Passback, outcome: PassbackOutcome) -> str:
        """Save how the try ended. If the score changed meanwhile, the new score is due at once."""
        state = _settle(row, outcome)
        metrics.passback_tries.labels(outcome.fate).inc()
        log.info("score_tried", passback=row.pk, fate=str(outcome.fate), status=outcome.status, words=outcome.words)
        return state


SENDER = PassbackSender()


def _is_open(line_item: LineItem) -> bool:
    """Whether scores can be sent: the platform is enabled, and its course is still linked to the assignment's."""
    deployment = line_item.lms_course.deployment
    is_linked = line_item.lms_course.course_id == line_item.assignment.course_id
    return deployment.approved and deployment.platform.enabled and is_linked and line_item.dismissed_at is None


def _set_timestamp(row: Passback) -> bool:
    """Give this version of the score its timestamp. False if that is in the future: the row is due at that time."""
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


def _is_too_old(answer: Answer) -> bool:
    """Whether the platform has a score with that timestamp or a later one: 409, or (Canvas, Open edX) 400 and why."""
    text = explanation(answer).lower()
    return answer.status == 409 or (answer.status == 400 and any(part in text for part in TOO_OLD))


def _arrived(row: Passback, answer: Answer) -> PassbackOutcome:
    """Read the grade that the platform shows after it accepted a score: somebody can have overridden it there."""
    kept = None
    try:
        kept = _read_result(row)
    except ServiceError as error:
        log.info("result_not_read", passback=row.pk, words=error.words)
    is_ours = kept is None or line_items.are_equal(kept.share, line_items.share(row.given or 0, row.most))
    fate = Fate.ARRIVED if is_ours else Fate.OVERRIDDEN
    return PassbackOutcome(fate=fate, status=answer.status, words="" if is_ours else OVERRIDDEN, kept=kept)


def _read_result(row: Passback) -> PlatformResult | None:
    """Return the grade that the platform shows; None if there is none, or if we cannot read grades there."""
    if RESULT not in row.line_item.lms_course.scopes:
        return None
    return next(line_items.read_results(row.line_item, sub=row.identity.sub), None)


def _refused(answer: Answer) -> PassbackOutcome:
    slow_down = answer.status == 403 and answer.headers.get("x-rate-limit-remaining", "").strip() in {"0", "0.0"}
    fate = Fate.LATER if slow_down or answer.status in TEMPORARY else Fate.REFUSED
    return PassbackOutcome(fate=fate, status=answer.status, words=explanation(answer), retry_after=answer.retry_after)


def _compared(row: Passback, answer: Answer) -> PassbackOutcome:
    """Find out which score the platform has: this one, an older one that we sent, or another."""
    ours, kept = line_items.share(row.given or 0, row.most), _read_result(row)
    found = kept.share if kept else None
    if line_items.are_equal(found, ours):
        return PassbackOutcome(fate=Fate.ARRIVED, status=answer.status, words=explanation(answer), kept=kept)
    if found is None or line_items.are_equal(found, _sent_share(row)):
        return PassbackOutcome(fate=Fate.STALE, status=answer.status, words=explanation(answer), kept=kept)
    words = f"The LMS has a later grade, from somebody else: {found:.2%} of the points."
    return PassbackOutcome(fate=Fate.DIFFERS, status=answer.status, words=words, kept=kept)


def _sent_share(row: Passback) -> float | None:
    return None if row.sent_given is None else line_items.share(row.sent_given, row.sent_most or 0)


def _settle(tried: Passback, outcome: PassbackOutcome) -> PassbackState:
    row = Passback.objects.select_for_update().get(pk=tried.pk)
    row.busy_until, now = None, timezone.now()
    if outcome.fate in {Fate.ARRIVED, Fate.OVERRIDDEN}:
        row.sent_given, row.sent_most, row.sent_submitted_at = tried.given, tried.most, tried.submitted_at
        row.sent_at = now
    if outcome.kept is not None:
        row.kept_given, row.kept_most, row.kept_at = outcome.kept.points, outcome.kept.max_points, now
    if row.version == tried.version:
        _end(row, outcome)
    elif row.state == PassbackState.PENDING:
        outbox.schedule(row)  # the score changed meanwhile: the new one is not sent yet
    row.save()
    _note_missing(tried.line_item, outcome)
    return PassbackState(row.state)


def _note_missing(line_item: LineItem, outcome: PassbackOutcome) -> None:
    """Store whether the column exists, and read the roster again if the platform does not know the person."""
    if outcome.fate in {Fate.ARRIVED, Fate.OVERRIDDEN}:
        LineItem.objects.filter(pk=line_item.pk, missing_at__isnull=False).update(missing_at=None)
    if outcome.fate != Fate.REFUSED:
        return
    problem = explain(outcome.words).problem
    if problem == RefusalCause.COLUMN:
        LineItem.objects.filter(pk=line_item.pk, missing_at=None).update(missing_at=timezone.now())
    key = f"lti:roster-after-refusal:{line_item.lms_course_id}"
    if problem == RefusalCause.PERSON and cache.add(key, 1, ROSTER_AGAIN_AFTER):
        known = LmsCourse.objects.filter(pk=line_item.lms_course_id).exclude(memberships_url="")
        if known.update(roster_at=None):
            transaction.on_commit(publish_rosters)


def _end(row: Passback, outcome: PassbackOutcome) -> None:
    row.words = outcome.words
    match outcome.fate:
        case Fate.ARRIVED:
            row.state, row.words = PassbackState.SENT, ""
        case Fate.REFUSED:
            row.state = PassbackState.FAILED
        case Fate.DIFFERS | Fate.OVERRIDDEN:
            row.state = PassbackState.DIFFERS
        case Fate.LATER | Fate.STALE:
            _retry(row, outcome)


def _retry(row: Passback, outcome: PassbackOutcome) -> None:
    if outcome.fate == Fate.STALE:
        row.stamped_version = 0  # the next try gets a new timestamp
    wait = wait_before_next(row.tried, status=outcome.status, retry_after=outcome.retry_after)
    if wait is None:
        row.state, row.words = PassbackState.FAILED, f"Given up after {row.tried} tries. {outcome.words}"[:500]
    else:
        row.due_at = timezone.now() + timedelta(seconds=wait)
