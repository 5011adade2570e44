"""Scores, attempts and time to pass, computed from the grades of one assignment."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from statistics import median

from server.courses.visibility import VisiblePeople
from server.gradebook.models import Assignment, Grade

BINS = 10
# This many attempts and more are counted together.
MOST_ATTEMPTS = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Bar:
    """One bar of a chart, and one row of the table beside it."""

    label: str
    count: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Analytics:
    """Figures of an assignment. The medians are None if nobody passed."""

    tried: int
    passed: int
    scores: list[Bar]
    attempts: list[Bar]
    median_attempts: float | None
    median_time: timedelta | None


def analytics(assignment: Assignment, *, people: VisiblePeople) -> Analytics:
    """Return the figures of an assignment, from raw points and before any override. One query.

    Those of `people` count who are students of the course now.
    """
    columns = ("raw", "used", "passed_after", "first_at", "passed_at")
    graded = Grade.objects.filter(people.by_students(), assignment=assignment, used__gt=0)
    rows = list(graded.values_list(*columns, named=True))
    passed = [row for row in rows if row.passed_after]
    times = [row.passed_at - row.first_at for row in passed]
    return Analytics(
        tried=len(rows),
        passed=len(passed),
        scores=_scores([row.raw for row in rows], assignment.points),
        attempts=_attempts([row.passed_after for row in passed]),
        median_attempts=median(row.passed_after for row in passed) if passed else None,
        median_time=median(times) if times else None,
    )


def _scores(points: list[float], most: float) -> list[Bar]:
    """Return how many grades are in each tenth of the points. Full points have a bar of their own."""
    bins = Counter(_bin(one / most if most else 1.0) for one in points)
    labels = [f"{10 * place}–{10 * place + 9} %" for place in range(BINS)] + ["100 %"]
    return [Bar(label=label, count=bins[place]) for place, label in enumerate(labels)]


def _bin(fraction: float) -> int:
    return BINS if fraction >= 1 else int(fraction * BINS)


def _attempts(counts: list[int]) -> list[Bar]:
    bins = Counter(min(count, MOST_ATTEMPTS) for count in counts)
    last = f"{MOST_ATTEMPTS} or more"
    return [Bar(label=str(n) if n < MOST_ATTEMPTS else last, count=bins[n]) for n in range(1, MOST_ATTEMPTS + 1)]
