"""How a learner's slip days are shared out among the assignments of a course.

The rule, in `docs/decisions/0036-calendar-days-and-slip-days.md`: late attempts are taken in the order in which they
were handed in. Each uses as many of the days that are left as raise the grade of its assignment, and no more. A day
once used stays used, so handing in later never takes a day away from earlier work.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.apps import apps

from server.courses.models import Course
from server.courses.roles import Person
from server.gradebook.held_results import hides_results
from server.gradebook.models import Assignment, Grade
from server.gradebook.rules import Attempt, Decision, Terms, days_late, grade, terms_for
from server.gradebook.selectors import more_time_in

# Two grades that differ by less are one grade: sums of floats are not exact.
SAME = 1e-9
# Per learner: the slip days that each assignment uses, by its key. Assignments without any are missing.
Shares = dict[int, dict[int, int]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Pool:
    """A learner's slip days in a course: how many there are, and how many are used."""

    days: int
    used: int

    @property
    def left(self) -> int:
        """How many are left."""
        return max(0, self.days - self.used)


def share_out(days: int, work: Mapping[int, tuple[Terms, Sequence[Attempt]]]) -> dict[int, int]:
    """Return the slip days that each assignment uses, of so many in all; assignments without any are missing.

    `work` has the terms and the graded attempts of each assignment of one learner, by its key.
    """
    used: dict[int, int] = defaultdict(int)
    late = ((at, key) for key, (terms, attempts) in work.items() for at in _late(terms, attempts))
    for at, key in sorted(late):
        terms, attempts = work[key]
        needed = min(days - sum(used.values()), days_late(terms, at) - used[key])
        so_far = [attempt for attempt in attempts if attempt.submitted_at <= at]
        used[key] += _worth(terms, so_far, used[key], needed)
    return {key: number for key, number in used.items() if number}


def _late(terms: Terms, attempts: Sequence[Attempt]) -> list[datetime]:
    return [attempt.submitted_at for attempt in attempts if days_late(terms, attempt.submitted_at)]


def _worth(terms: Terms, attempts: Sequence[Attempt], used: int, most: int) -> int:
    """Return how many more days, at most so many, give the best grade; as few as possible."""
    best, days = _points(terms, attempts, used), 0
    for more in range(1, most + 1):
        points = _points(terms, attempts, used + more)
        if points > best + SAME:
            best, days = points, more
    return days


def _points(terms: Terms, attempts: Sequence[Attempt], used: int) -> float:
    found = grade(replace(terms, paid_days=used), attempts)
    return found.final if found else 0.0


def shares(course: Course, learners: Collection[int] | None) -> Shares:
    """Return how the slip days of these learners are shared out; of all who handed something in, if it is None.

    Empty if the course has no slip days. Four queries.
    """
    if not course.slip_days:
        return {}
    taking = course.assignments.filter(takes_slip_days=True, due_at__isnull=False, late_percent_per_day__gt=0)
    assignments = {one.pk: one for one in taking.select_related("course")}
    attempts = _attempts(assignments, learners)
    decided = _decisions(assignments, learners)
    more = more_time_in(course, learners)
    found: Shares = {learner: {} for learner in (_holders(course) if learners is None else learners)}
    for learner, by_assignment in attempts.items():
        work = {}
        for pk, handed_in in by_assignment.items():
            decision = decided.get((learner, pk), Decision())
            if decision.override is None and not decision.exempt:
                work[pk] = (terms_for(assignments[pk].terms, decision, more[learner]), handed_in)
        found[learner] = share_out(course.slip_days, work)
    return found


def _holders(course: Course) -> set[int]:
    """Return the learners who use slip days now."""
    rows = Grade.objects.filter(assignment__course=course, slip_days__gt=0)
    return set(rows.values_list("learner", flat=True))


def _attempts(assignments: Collection[int], learners: Collection[int] | None) -> dict[int, dict[int, list[Attempt]]]:
    # The model belongs to an app above this one.
    rows: Any = apps.get_model("submissions.Submission").objects
    graded = rows.graded_attempts().filter(assignment__in=assignments)
    if learners is not None:
        graded = graded.filter(learner__in=learners)
    found: dict[int, dict[int, list[Attempt]]] = defaultdict(lambda: defaultdict(list))
    columns = ("learner", "assignment", "submitted_at", "given", "max")
    for learner, assignment, at, given, most in graded.order_by("submitted_at", "pk").values_list(*columns):
        found[learner][assignment].append(Attempt(submitted_at=at, fraction=given / most if most else 0.0))
    return found


def _decisions(assignments: Collection[int], learners: Collection[int] | None) -> dict[tuple[int, int], Decision]:
    rows = Grade.objects.filter(assignment__in=assignments)
    rows = rows if learners is None else rows.filter(learner__in=learners)
    return {(row.learner_id, row.assignment_id): row.decision for row in rows}


def stale(course: Course, found: Shares, *, besides: Assignment) -> dict[Assignment, set[int]]:
    """Return the learners whose grades have other slip days than these, by assignment, except one. One query."""
    rows = Grade.objects.filter(assignment__course=course, learner__in=found).exclude(assignment=besides)
    wrong: dict[Assignment, set[int]] = defaultdict(set)
    for row in rows.select_related("assignment__course"):
        if row.slip_days != found[row.learner_id].get(row.assignment_id, 0):
            wrong[row.assignment].add(row.learner_id)
    return dict(wrong)


def pools(course: Course, learners: Collection[int], *, reader: Person) -> dict[int, Pool]:
    """Return the slip days of learners in a course. One query, or none if the course has no slip days.

    The days that a result uses tell something about it, so those of results that are held back from the reader are
    left out.
    """
    used: dict[int, int] = defaultdict(int)
    if course.slip_days:
        rows = Grade.objects.filter(assignment__course=course, learner__in=learners, slip_days__gt=0)
        for row in rows.select_related("assignment__course"):
            used[row.learner_id] += 0 if hides_results(reader, row.assignment) else row.slip_days
    return {learner: Pool(days=course.slip_days, used=used[learner]) for learner in learners}
