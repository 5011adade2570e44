"""Every write to a submission.

submit            accept, commit, then send to the graders, or wait for a turn
hand_in           the same, and return what was read of the learner's work besides
take_in           accept only: for callers that bring the report themselves
record            record a report
record_failure    record that a grader failed; the submission is tried again
cancel            withdraw a submission, for its learner
requeue           grade again after a grading error, for staff

A report must carry the submission's token. The first report wins; a later one, or one with another token, changes
nothing.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Any, Self, TypedDict
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import BooleanField, ExpressionWrapper, Q
from django.utils import timezone

from grader.errors import PackageError
from grader.protocol.reports import Outcome, Report
from grader.protocol.sources import MAX_SOURCE, HasNul, NotText, TooLarge, check_source
from grader.telemetry import metrics
from server.accounts.models import User
from server.common.reports import is_about, read_report
from server.courses.models import Course
from server.courses.selectors import archived_sentence
from server.gradebook.models import Assignment, Grade
from server.gradebook.rules import MoreTime, Terms, is_closed, refusal
from server.gradebook.selectors import grade_in, more_time_on, terms_with, with_more_time
from server.gradebook.services import refresh
from server.submissions import cancellations
from server.submissions.errors import (
    AccountMerged,
    CourseEnded,
    ExerciseUnreadable,
    NotNow,
    StillWaiting,
    TooManyTestRuns,
    Unstorable,
)
from server.submissions.live import snapshots
from server.submissions.models import OPEN, Kind, State, Submission, new_seed, new_token
from server.submissions.queue import dispatch, turns
from server.submissions.queue.turns import lease
from server.submissions.signals import report_written

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

log = structlog.get_logger(__name__)

NOT_UTF_8 = "This is not UTF-8 text. Save the file with the encoding UTF-8 and try again."


class RecordResult(StrEnum):
    """What was done with a report or a failure that came back."""

    WRITTEN = "written"
    ALREADY_OVER = "already_over"
    WRONG_TOKEN = "wrong_token"
    MALFORMED = "malformed"


class Compared(TypedDict):
    """What an earlier submission has in addition: whether it has the same code and still waits for its report."""

    waits: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Earlier:
    """A learner's submissions of one kind: the highest number, the attempts used, the time of the last.

    `same` is the id of a submission with the same code that still waits for its report; None if there is none.
    """

    number: int
    used: int
    last_at: datetime | None
    same: UUID | None

    @classmethod
    def of(cls, rows: "Iterable[WithAnnotations[Submission, Compared]]") -> Self:
        """Count the submissions of a kind. No query."""
        rows = list(rows)
        counted = [row.submitted_at for row in rows if row.counts]
        return cls(
            number=max((row.number for row in rows), default=0),
            used=len(counted),
            last_at=max(counted, default=None),
            same=next((row.pk for row in rows if row.waits), None),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Accepted:
    """A new submission, and what was read to accept it.

    `history` are the learner's submissions to the assignment, the new one among them, with the columns that a status
    needs. `grade` is None if there is none yet. `sent` counts the jobs that the graders had before.
    """

    submission: Submission
    history: list[Submission]
    grade: Grade | None
    more: MoreTime
    sent: int


def submit(
    *,
    learner: User,
    assignment: Assignment,
    source: str,
    kind: Kind = Kind.SUBMIT,
    once: bool = False,
    practice: bool = True,
) -> Submission:
    """Accept a learner's code for grading: it is sent to the graders, or waits until it is the learner's turn.

    The code itself is not checked here: code that does not load comes back as `ungradable`. Raises SubmissionRefused
    if the terms, the limits or the text forbid it, and with `once` StillWaiting if the same code already waits for its
    report.
    """
    found = hand_in(learner=learner, assignment=assignment, source=source, kind=kind, once=once, practice=practice)
    return found.submission


def hand_in(*, learner: User, assignment: Assignment, source: str, **options: Any) -> Accepted:
    """Accept a learner's code as `submit` does, and return what was read for it too."""
    with transaction.atomic():
        return hand_in_here(learner=learner, assignment=assignment, source=source, **options)


def hand_in_here(*, learner: User, assignment: Assignment, source: str, **options: Any) -> Accepted:
    """Accept a learner's code as `hand_in` does, in a transaction that the caller rolls back if this raises."""
    accepted = _accept(learner=learner, assignment=assignment, source=source, **options)
    submission = accepted.submission
    log.info("submitted", submission=str(submission.pk), exercise=submission.exercise, kind=str(submission.kind))
    if submission.turn_at is None:
        dispatch.send_after_commit(submission)
    else:
        turns.fill_after_commit(submission.runtime)
    return accepted


@transaction.atomic
def take_in(*, learner: User, assignment: Assignment, source: str, **options: Any) -> Submission:
    """Accept a learner's code as `submit` does, but do not queue it. The options are those of `_accept`."""
    return _accept(learner=learner, assignment=assignment, source=source, **options).submission


def _accept(
    *,
    learner: User,
    assignment: Assignment,
    source: str,
    kind: Kind = Kind.SUBMIT,
    now: datetime | None = None,
    seed: int | None = None,
    once: bool = False,
    practice: bool = True,
) -> Accepted:
    """Check and store a learner's code.

    After closing, an attempt becomes practice if the assignment allows that, unless `practice` is false. `now` is the
    time of submission. `seed` decides the secret cases; without one, a random seed is used.
    """
    check_storable(source)
    if assignment.course.is_archived:
        raise CourseEnded(archived_sentence(assignment.course))
    more = _lock_learner(learner, assignment.course)
    now = now or timezone.now()
    grade = grade_in(assignment, learner)
    terms = terms_with(assignment, learner, grade, more)
    terms = replace(terms, practice=terms.practice and practice)
    if kind == Kind.SUBMIT and terms.practice and is_closed(terms, now):
        kind = Kind.PRACTICE
    history = _history(learner, assignment, source)
    earlier = Earlier.of(row for row in history if row.kind == kind)
    if once and earlier.same:
        raise StillWaiting(earlier.same)
    check_terms(terms, earlier, now=now)
    try:
        exercise = assignment.content
    except PackageError:
        log.exception("exercise_unreadable", assignment=assignment.pk)
        raise ExerciseUnreadable from None
    line = turns.Vacancy.read(learner, assignment, exercise.runtime)
    turn = turns.first_turn(line, now=now)
    if kind == Kind.TEST_RUN:
        check_rate(learner, now=now)
    submission = Submission.objects.create(
        learner=learner,
        assignment=assignment,
        kind=kind,
        number=1 + earlier.number,
        exercise=exercise.slug,
        digest=exercise.digest,
        runtime=exercise.runtime,
        source=source,
        seed=new_seed() if seed is None else seed,
        library=exercise.library,
        variant=exercise.variant_of(learner.pk),
        submitted_at=now,
        sent_at=now,
        leased_until=now + lease(),
        **turn,
    )
    return Accepted(
        submission=submission, history=[submission, *history], grade=grade, more=more, sent=line.with_graders
    )


def _history(learner: User, assignment: Assignment, source: str) -> "list[WithAnnotations[Submission, Compared]]":
    """Return what a learner handed in for an assignment, newest first. One query, with as few columns as possible."""
    waits = ExpressionWrapper(Q(state__in=OPEN, source=source), output_field=BooleanField())
    rows = Submission.objects.filter(learner=learner, assignment=assignment).annotate(waits=waits)
    return list(rows.only("kind", "number", "state", "cancel_cost", "given", "max", "submitted_at"))


def check_storable(source: str) -> None:
    """Raise Unstorable, with a sentence for the learner, if a source is too large or not text that can be stored."""
    try:
        check_source(source)
    except TooLarge as error:
        limit = MAX_SOURCE // 1024
        raise Unstorable(f"This is {error.size / 1024:.0f} kB of code; at most {limit} kB can be handed in.") from None
    except HasNul:
        raise Unstorable(
            "This file holds NUL bytes, so it is not Python source. Was it saved as UTF-16, or is it a binary file?"
        ) from None
    except NotText:
        raise Unstorable(NOT_UTF_8) from None
    if "\ufffd" in source:
        raise Unstorable(NOT_UTF_8)


def _lock_learner(learner: User, course: Course) -> MoreTime:
    """Lock a learner, and return the additional time that they have in a course. Raises AccountMerged."""
    # Two requests at the same time must not both use the last attempt. The lock leaves the key free: other transactions
    # can still insert rows that refer to the learner.
    rows = User.objects.select_for_update(no_key=True, of=("self",)).filter(pk=learner.pk, merged_into=None)
    found = with_more_time(rows.only("pk"), course, learner="").first()
    if found is None:
        raise AccountMerged
    return more_time_on(found)


def check_terms(terms: Terms, earlier: Earlier, *, now: datetime) -> None:
    """Raise NotNow if the terms forbid a submission now. Test runs, too, are refused before the exercise opens."""
    why = refusal(terms, now=now, used=earlier.used, last_at=earlier.last_at)
    if why is not None:
        raise NotNow(why, terms, now=now, last_at=earlier.last_at)


def check_rate(learner: User, *, now: datetime) -> None:
    """Raise TooManyTestRuns if a learner used all test runs of this minute, over all assignments."""
    limit, minute = settings.CHECKS_PER_MINUTE, timedelta(minutes=1)
    recent = Submission.objects.filter(learner=learner, kind=Kind.TEST_RUN, submitted_at__gt=now - minute)
    times = list(recent.order_by("-submitted_at").values_list("submitted_at", flat=True)[:limit])
    if len(times) >= limit:
        raise TooManyTestRuns(limit=limit, wait=1 + int((times[-1] + minute - now).total_seconds()))


@transaction.atomic
def record(*, submission: str, token: str, report: dict[str, Any], now: datetime | None = None) -> RecordResult:
    """Save a report, once, and refresh the learner's grade. Only this and an applied regrade set a score."""
    row = _locked_with_learner(submission)
    reason = _reason_to_refuse(row, token)
    read = read_report(report)
    if row is None or reason:
        if row is not None and reason is RecordResult.ALREADY_OVER and read is not None:
            cancellations.settle_by_report(row, read)
        return _refuse(submission, reason or RecordResult.WRONG_TOKEN)
    if read is None or not is_about(read, exercise=row.exercise, digest=row.digest, library=row.library):
        return _refuse(submission, RecordResult.MALFORMED)
    row.move_to(state_after(read))
    row.finished_at = now or timezone.now()
    rescore(row, read, is_first=True)
    if row.kind == Kind.SUBMIT:
        refresh(row.assignment, [row.learner_id], now=now, locked=True)
    snapshots.announce_after_commit(row)
    turns.fill_after_commit(row.runtime)
    # After the commit: a log with a score that was rolled back would mislead.
    transaction.on_commit(partial(_report_recorded, row, read))
    return RecordResult.WRITTEN


def _locked_with_learner(pk: str) -> Submission | None:
    """Return a submission with its course, locked; None if there is none. Its code is not loaded.

    The learner is locked before it, so that two reports on a learner's work are recorded one after the other.
    """
    rows = Submission.objects.select_related("assignment__course", "learner").defer("source", "report")
    locked = rows.select_for_update(of=("learner", "self"), no_key=True).filter(pk=pk)
    # If the learner's account is merged just now, the first statement waits for that and then finds no row.
    return locked.first() or locked.first()


def _report_recorded(row: Submission, report: Report) -> None:
    log.info("recorded", submission=str(row.pk), state=row.state, given=row.given, max=row.max)
    metrics.reports.labels(row.runtime, report.outcome).inc()
    if row.finished_at is not None:
        metrics.score_seconds.labels(row.runtime).observe((row.finished_at - row.submitted_at).total_seconds())
    for finding in report.findings:
        if finding.diagnosis is not None:
            # A course's authors choose such names: each would be a label for ever.
            labels = ("own", "own") if row.library else (row.exercise, finding.diagnosis[:100])
            metrics.diagnoses.labels(*labels).inc()


def rescore(row: Submission, report: Report, *, is_first: bool = False) -> None:
    """Save a report that `read_report` accepted, and its score, on a locked row. The caller must refresh the grade.

    `is_first` says that the submission never had a report: then nothing is left of an earlier one.
    """
    row.state, row.report, row.line, row.edit = state_after(report), report.to_dict(), None, None
    row.given, row.max = (None, None) if row.state == State.UNGRADABLE else (report.points, report.max_points)
    row.save(update_fields=["state", "report", "given", "max", "line", "edit", "finished_at"])
    report_written.send(sender=Submission, submission=row, report=report, is_first=is_first)


def state_after(report: Report) -> State:
    """Return the state of a submission that got this report."""
    return State.UNGRADABLE if report.outcome is Outcome.UNGRADABLE else State.GRADED


def _reason_to_refuse(row: Submission | None, token: str) -> RecordResult | None:
    if row is None or not secrets.compare_digest(row.token, token):
        return RecordResult.WRONG_TOKEN
    # A report that comes after the submission was given up is still recorded for the learner.
    return None if row.state in OPEN | {State.ERROR} else RecordResult.ALREADY_OVER


def _refuse(submission: str, why: RecordResult) -> RecordResult:
    log.warning("report_refused", submission=submission, why=str(why))
    return why


@transaction.atomic
def record_failure(*, submission: str, token: str) -> RecordResult:
    """Record that a grader failed; it is not the learner's fault. It is sent again after a wait that doubles.

    After the last try it ends as a grading error.
    """
    row = Submission.objects.select_for_update().filter(pk=submission).first()
    if row is None or not secrets.compare_digest(row.token, token):
        return _refuse(submission, RecordResult.WRONG_TOKEN)
    if not row.is_open:
        return RecordResult.ALREADY_OVER
    # At most one failure for each time that it was sent: Celery reports a job that timed out twice.
    row.failures = min(row.failures + 1, row.tries)
    wait = timedelta(seconds=settings.GRADING_BACKOFF * 2 ** (row.failures - 1))
    turns.stand_in_line(row, at=timezone.now() + wait)
    row.save(update_fields=["failures", "turn_at", "turn_course", "leased_until"])
    log.warning("grading_failed", submission=submission, tries=row.tries, failures=row.failures)
    if row.failures >= settings.GRADING_TRIES:
        give_up(row)
    return RecordResult.WRITTEN


@transaction.atomic
def cancel(submission: Submission) -> bool:
    """Withdraw a submission that still waits or runs, and stop its run. False if its report came first.

    It uses an attempt if a case was put to the code. `server.submissions.cancellations` settles that if it is not
    known yet. Test runs never use one.
    """
    row = Submission.objects.select_for_update().get(pk=submission.pk)
    if not row.is_open:
        return False
    row.cancel_cost = cancellations.cost_now(row)
    _end(row, State.CANCELLED)
    transaction.on_commit(partial(cancellations.stop, row))
    return True


@transaction.atomic
def requeue(submission: Submission) -> bool:
    """Grade a submission again that ended in a grading error. False if it is in another state.

    It gets a new token, because its former one was given up.
    """
    row = Submission.objects.select_for_update().get(pk=submission.pk)
    if row.state != State.ERROR:
        return False
    row.move_to(State.QUEUED)
    row.token, row.tries, row.failures, row.finished_at = new_token(), 0, 0, None
    turns.stand_in_line(row, at=timezone.now())
    fields = ["state", "token", "tries", "failures", "finished_at", "turn_at", "turn_course", "leased_until"]
    row.save(update_fields=fields)
    return True


def resend(row: Submission) -> None:
    """Send a locked row, which the graders lost, to them again with its token. For callers inside a transaction."""
    now = timezone.now()
    row.tries += 1
    row.sent_at, row.leased_until = now, now + lease(row.tries)
    row.save(update_fields=["tries", "sent_at", "leased_until"])
    dispatch.send_after_commit(row)


def give_up(row: Submission) -> None:
    """End a locked row as a grading error: it uses no attempt and gets no score. For callers inside a transaction."""
    _end(row, State.ERROR)
    log.error("gave_up", submission=str(row.pk), exercise=row.exercise, tries=row.tries, failures=row.failures)


def _end(row: Submission, state: State) -> None:
    row.move_to(state)
    row.finished_at = timezone.now()
    row.save(update_fields=["state", "cancel_cost", "finished_at"])
    snapshots.announce_after_commit(row)
    turns.fill_after_commit(row.runtime)
