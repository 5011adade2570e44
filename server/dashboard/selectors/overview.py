"""The overview page: what is happening now."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, F, Min, Q
from django.utils import timezone

from server.courses.visibility import VisiblePeople
from server.dashboard.selectors.gradebook import tried_and_passed
from server.gradebook.models import Assignment, Grade
from server.submissions.models import Kind, State, Submission
from server.submissions.queue import worker_presence
from server.submissions.queue.dispatch import RUNTIMES

NEAR = timedelta(days=14)
LATELY = timedelta(days=7)


@dataclass(frozen=True, kw_only=True, slots=True)
class Pulse:
    """What students handed in today, what still waits, and how many grading errors there were `LATELY`."""

    submitted: int
    passed: int
    learners: int
    waiting: int
    oldest_waiting: datetime | None
    errors: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Stranded:
    """How many submissions wait for a kind of grader (`grader`) if none of that kind is running."""

    grader: str
    waiting: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Deadline:
    """An assignment that is due soon, and how many of the students handed something in and passed."""

    assignment: Assignment
    tried: int
    passed: int
    students: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Turnout:
    """How many students there are, and how many have not started."""

    students: int
    not_begun: int


def pulse(assignments: Collection[Assignment], *, people: VisiblePeople, now: datetime) -> Pulse:
    """Return the counts of these assignments. One query."""
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    recent = Submission.objects.filter(people.about(), assignment__in=assignments, submitted_at__gte=now - LATELY)
    today = Q(people.by_students(), submitted_at__gte=midnight, kind=Kind.SUBMIT)
    waiting = Q(state__in=[State.QUEUED, State.RUNNING])
    counts = recent.order_by().aggregate(
        submitted=Count("pk", filter=today),
        passed=Count("pk", filter=today & Q(state=State.GRADED, given__gte=F("max"))),
        learners=Count("learner", filter=today, distinct=True),
        waiting=Count("pk", filter=waiting),
        oldest_waiting=Min("submitted_at", filter=waiting),
        errors=Count("pk", filter=Q(state=State.ERROR)),
    )
    return Pulse(**counts)


def stranded(assignments: Collection[Assignment], *, people: VisiblePeople) -> list[Stranded]:
    """Return the submissions that wait for missing graders. One query; none if no grader is missing."""
    missing = {runtime: grader for runtime in RUNTIMES if (grader := worker_presence.missing(runtime))}
    if not missing:
        return []
    waiting = Submission.objects.open().filter(people.about(), assignment__in=assignments, runtime__in=missing)
    counted = waiting.order_by().values_list("runtime").annotate(Count("pk")).order_by("runtime")
    return [Stranded(grader=missing[runtime], waiting=count) for runtime, count in counted]


def deadlines(
    assignments: Collection[Assignment], *, people: VisiblePeople, students: int, now: datetime
) -> list[Deadline]:
    """Return the assignments that are due within `NEAR`, nearest first. One query."""
    due = [(one.due_at, one) for one in assignments if one.due_at is not None and now <= one.due_at <= now + NEAR]
    near = [one for _, one in sorted(due, key=lambda pair: pair[0])]
    counted = tried_and_passed(near, people=people)
    return [
        Deadline(
            assignment=one,
            tried=counted.get(one.pk, {}).get("tried", 0),
            passed=counted.get(one.pk, {}).get("passed", 0),
            students=students,
        )
        for one in near
    ]


def turnout(people: VisiblePeople) -> Turnout:
    """Return how many of these people are students, and how many of them never had anything graded. One query."""
    begun = Grade.objects.filter(assignment__course=people.course, used__gt=0).values("learner")
    return Turnout(**people.students.aggregate(students=Count("pk"), not_begun=Count("pk", filter=~Q(user__in=begun))))
