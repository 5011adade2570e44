"""How many grading workers the deadlines of the next hours want: the deadline calendar.

The busy workers at a moment are the students of each assignment that is due, times the submissions of one student a
second (`hand_in_curves`), times the seconds of one grading. The curve is that of the course's last deadlines, or a
usual one if there are none. `chainrule_workers_wanted` has the number for the next minutes, so that nodes are there
when they are needed.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean
from typing import Any, TypeVar, cast

from django.conf import settings
from django.db.models import Count, Q

from grader.errors import PackageError
from server.courses.models import Course, Role
from server.gradebook.models import Assignment
from server.observability.hand_in_curves import DAY, EDGES, HandInCurve, exponential, of_past, workers_for
from server.submissions.models import State, Submission
from server.submissions.queue.dispatch import RUNTIMES

BEFORE, AFTER = timedelta(seconds=EDGES[0]), timedelta(seconds=-EDGES[-1])
# A course's curve comes from its last deadlines, if so many students in all had them.
LAST_DEADLINES, FEWEST_STUDENTS = 3, 10
# The seconds of a grading are those of the exercise's latest runs, and a little for what the worker does around a run.
LATEST_GRADINGS, LATEST_ASSIGNMENTS = 50, 5
USUAL_SECONDS, AROUND_SECONDS = 1.0, 0.1
# How far apart the moments are that are looked at.
STEP = timedelta(seconds=30)
# How long this process uses what it computed (seconds): the numbers, and the curves and durations behind them.
SOON_GOOD_FOR, PAST_GOOD_FOR = 30.0, 3_600.0

Value = TypeVar("Value")
# Not in Redis: the metrics must also come while that is down.
_kept: dict[Hashable, tuple[float, Any]] = {}


@dataclass(frozen=True, kw_only=True, slots=True)
class DueAssignment:
    """An assignment that is due: its course and slug, how many students have it, and what its submissions cost."""

    course: str
    slug: str
    due_at: datetime
    students: int
    runtime: str
    seconds: float
    curve: HandInCurve

    def busy(self, moment: datetime) -> float:
        """Return how many workers its submissions keep busy at a moment, on average."""
        rate = self.curve.rate((self.due_at - moment).total_seconds())
        return self.students * rate * self.seconds


def wanted_soon(now: datetime) -> dict[str, int]:
    """Return the workers that are wanted within the next CHAINRULE_SCALING_AHEAD seconds, by runtime."""
    until = now + timedelta(seconds=settings.SCALING_AHEAD)
    return _keep("soon", SOON_GOOD_FOR, lambda: most_wanted(deadlines(now, until), now, until))


def forget() -> None:
    """Forget everything that was computed."""
    _kept.clear()


def _keep(key: Hashable, seconds: float, compute: Callable[[], Value]) -> Value:
    """Return what was computed for a key within so many seconds, or compute it."""
    at, value = _kept.get(key, (-seconds, None))
    if time.monotonic() - at >= seconds:
        value = compute()
        _kept[key] = (time.monotonic(), value)
    return cast("Value", value)


def most_wanted(found: Sequence[DueAssignment], begin: datetime, end: datetime) -> dict[str, int]:
    """Return the most workers that are wanted at a moment from `begin` to `end`, by runtime."""
    most = dict.fromkeys(RUNTIMES, 0)
    moment = begin
    while moment <= end:
        for runtime, number in wanted_at(found, moment).items():
            most[runtime] = max(most[runtime], number)
        moment += STEP
    return most


def wanted_at(found: Sequence[DueAssignment], moment: datetime) -> Mapping[str, int]:
    """Return the workers that are wanted at a moment, by runtime."""
    busy: dict[str, float] = defaultdict(float)
    for one in found:
        busy[one.runtime] += one.busy(moment)
    return {runtime: workers_for(number) for runtime, number in busy.items()}


def deadlines(begin: datetime, end: datetime) -> list[DueAssignment]:
    """Return the deadlines whose students can hand in between two moments, the earliest first.

    Extensions and more time of single students are not looked at. An exercise that cannot be read is left out.
    """
    near = Assignment.objects.published().filter(due_at__gt=begin - AFTER, due_at__lt=end + BEFORE)
    rows = near.filter(course__archived_at=None).select_related("course").order_by("due_at", "pk")
    due = list(rows)
    students = students_in({one.course_id for one in due})
    found = []
    for one in due:
        try:
            runtime = one.content.runtime
        except PackageError:
            continue
        found.append(
            DueAssignment(
                course=one.course.slug,
                slug=one.slug,
                due_at=_due(one),
                students=students.get(one.course_id, 0),
                runtime=runtime,
                seconds=seconds_of(one),
                curve=curve_of(one.course, begin),
            )
        )
    return found


def students_in(courses: set[int]) -> dict[int, int]:
    """Return the number of students of each of these courses. One query."""
    students = Count("enrollments", filter=Q(enrollments__role=Role.STUDENT))
    return dict(Course.objects.filter(pk__in=courses).order_by().annotate(number=students).values_list("pk", "number"))


def curve_of(course: Course, now: datetime) -> HandInCurve:
    """Return how a course's students hand in; the usual curve if too few had a deadline. Kept for an hour."""
    return _keep(("curve", course.pk), PAST_GOOD_FOR, lambda: _past_curve(course, now))


def _past_curve(course: Course, now: datetime) -> HandInCurve:
    past = course.assignments.published().filter(due_at__lt=now).order_by("-due_at")[:LAST_DEADLINES]
    due = {one.pk: _due(one) for one in past}
    students = len(due) * students_in({course.pk})[course.pk]
    if students < FEWEST_STUDENTS:
        return exponential()
    rows = Submission.objects.filter(
        assignment__in=due, submitted_at__gt=min(due.values()) - BEFORE, submitted_at__lte=max(due.values()) + AFTER
    )
    pairs = rows.order_by().values_list("assignment", "submitted_at")
    return of_past(((due[pk] - at).total_seconds() for pk, at in pairs.iterator()), students)


def seconds_of(assignment: Assignment) -> float:
    """Return how long a worker needs for one submission: as for its exercise lately. Kept for an hour."""
    key = ("seconds", assignment.library, assignment.exercise)
    return _keep(key, PAST_GOOD_FOR, lambda: _latest_seconds(assignment) + AROUND_SECONDS)


def _latest_seconds(assignment: Assignment) -> float:
    same = Assignment.objects.filter(exercise=assignment.exercise, library=assignment.library).order_by("-pk")
    found: list[object] = []
    # One by one: the index of an assignment's submissions by time then finds the latest.
    for one in same[:LATEST_ASSIGNMENTS]:
        graded = one.submissions.filter(state=State.GRADED).order_by("-submitted_at")
        found += graded.values_list("report__seconds", flat=True)[: LATEST_GRADINGS - len(found)]
    numbers = [float(one) for one in found if isinstance(one, int | float) and 0 <= one < DAY]
    return fmean(numbers) if numbers else USUAL_SECONDS


def _due(assignment: Assignment) -> datetime:
    if assignment.due_at is None:
        raise ValueError(f"{assignment} has no deadline")
    return assignment.due_at
