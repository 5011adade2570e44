"""The rules of grading, all of them, as plain functions of plain data. No database, no clock.

Scores are fractions of the maximum (0 to 1); grades are points of the assignment. A submission that ended in a grading
error or did not load is not an attempt and has no score: it never reaches this module.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum

from server.common.local_times import days_after, days_between


class Keeps(StrEnum):
    """Which attempt counts."""

    BEST = "best"
    LAST = "last"


class Refusal(StrEnum):
    """Why a submission is not accepted. If several apply, the first one is given."""

    NOT_OPEN = "not_open"
    CLOSED = "closed"
    NO_ATTEMPTS = "no_attempts"
    COOLDOWN = "cooldown"


@dataclass(frozen=True, kw_only=True, slots=True)
class LateRule:
    """The late penalty: a share of the points for each calendar day begun after the grace, at most the cap.

    The first day begins when the grace ends, each further one a calendar day later.
    """

    per_day: float = 0.0
    cap: float = 1.0
    grace: timedelta = timedelta()


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """The terms of an assignment for one learner. None means no limit.

    Days are calendar days in `zone`. `practice` says if learners can hand in after closing, for practice. `paid_days`
    are the late days that slip days pay for.
    """

    points: float
    opens_at: datetime | None = None
    due_at: datetime | None = None
    closes_at: datetime | None = None
    attempts: int | None = None
    cooldown: timedelta = timedelta()
    keeps: Keeps = Keeps.BEST
    late: LateRule = LateRule()
    zone: tzinfo = UTC
    practice: bool = False
    paid_days: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class MoreTime:
    """More time for a learner in every assignment: calendar days, and a factor for the time since the opening."""

    days: int = 0
    factor: float = 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """What an instructor decided for one learner and assignment, over and above the terms.

    `override` replaces the points from the scores; an `exempt` assignment does not count at all. The others give more
    time and more attempts; they never make the terms stricter.
    """

    override: float | None = None
    exempt: bool = False
    due_at: datetime | None = None
    closes_at: datetime | None = None
    extra_attempts: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """A graded submission: when it was handed in, and its share of the points (0 to 1)."""

    submitted_at: datetime
    fraction: float


@dataclass(frozen=True, kw_only=True, slots=True)
class GradePoints:
    """Points: `raw` from the score, minus the late `penalty`.

    `counted` is the index of the attempt that counts, in the order of the argument.
    """

    raw: float
    penalty: float
    counted: int = field(default=0, compare=False)

    @property
    def final(self) -> float:
        """The points that count, never below zero."""
        return max(0.0, self.raw - self.penalty)


def refusal(terms: Terms, *, now: datetime, used: int, last_at: datetime | None) -> Refusal | None:
    """Return why a learner cannot submit now, or None. `used` counts attempts, `last_at` is the latest's."""
    if terms.opens_at is not None and now < terms.opens_at:
        return Refusal.NOT_OPEN
    if is_closed(terms, now):
        return None if terms.practice else Refusal.CLOSED
    if terms.attempts is not None and used >= terms.attempts:
        return Refusal.NO_ATTEMPTS
    if last_at is not None and now < last_at + terms.cooldown:
        return Refusal.COOLDOWN
    return None


def is_closed(terms: Terms, now: datetime) -> bool:
    """Whether nothing that is handed in now counts any more."""
    return terms.closes_at is not None and now >= terms.closes_at


def days_late(terms: Terms, submitted_at: datetime) -> int:
    """Return how many days late a submission is: each calendar day begun since the end of the grace counts."""
    return 0 if terms.due_at is None else days_between(terms.due_at + terms.late.grace, submitted_at, terms.zone)


def late_share(terms: Terms, submitted_at: datetime) -> float:
    """Return the share of the points (0 to the cap) that is lost because of lateness."""
    return min(terms.late.cap, max(0, days_late(terms, submitted_at) - terms.paid_days) * terms.late.per_day)


def grade_of(terms: Terms, attempt: Attempt, *, counted: int = 0) -> GradePoints:
    """Return the grade of one attempt."""
    raw = terms.points * attempt.fraction
    return GradePoints(raw=raw, penalty=raw * late_share(terms, attempt.submitted_at), counted=counted)


def grade(terms: Terms, attempts: Sequence[Attempt]) -> GradePoints | None:
    """Return the grade of all attempts, in any order; None if nothing was graded. Of equals the earliest counts."""
    in_time_order = sorted(range(len(attempts)), key=lambda place: attempts[place].submitted_at)
    if not in_time_order:
        return None
    if terms.keeps is Keeps.LAST:
        return grade_of(terms, attempts[in_time_order[-1]], counted=in_time_order[-1])
    grades = (grade_of(terms, attempts[place], counted=place) for place in in_time_order)
    return max(grades, key=lambda grade: grade.final)


def terms_for(terms: Terms, decision: Decision, more: MoreTime = MoreTime()) -> Terms:
    """Return the terms as they hold for a learner: the later of two times, and the extra attempts added.

    `more` is the time that the learner has in every assignment. An exercise cannot close before the learner's own due
    date; a missing limit stays missing.
    """
    own_due, own_close = (_with_more(terms, moment, more) for moment in (terms.due_at, terms.closes_at))
    due_at = _later(own_due, decision.due_at)
    closes_at = _later(own_close, max(filter(None, [decision.closes_at, decision.due_at]), default=None))
    attempts = None if terms.attempts is None else terms.attempts + decision.extra_attempts
    return replace(terms, due_at=due_at, closes_at=closes_at, attempts=attempts)


def _with_more(terms: Terms, moment: datetime | None, more: MoreTime) -> datetime | None:
    if moment is None:
        return None
    start = moment if terms.opens_at is None else terms.opens_at
    return days_after(start + (moment - start) * more.factor, more.days, terms.zone)


def _later(moment: datetime | None, other: datetime | None) -> datetime | None:
    return moment if moment is None or other is None else max(moment, other)


def points_that_count(grade: GradePoints | None, decision: Decision) -> float | None:
    """Return the points for the gradebook: None where nothing counts yet, or the learner is exempt."""
    if decision.exempt:
        return None
    if decision.override is not None:
        return decision.override
    return None if grade is None else grade.final
