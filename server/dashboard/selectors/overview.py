"""The first page: what happens now."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, F, Min, Q
from django.utils import timezone

from server.courses.models import Course, Role
from server.gradebook.models import Assignment, Grade
from server.submissions.models import Kind, State, Submission

NEAR = timedelta(days=14)
LATELY = timedelta(days=7)


@dataclass(frozen=True, kw_only=True, slots=True)
class Pulse:
    """What was handed in today, what still waits, and how often we failed lately (`LATELY`)."""

    submitted: int
    passed: int
    learners: int
    waiting: int
    oldest_waiting: datetime | None
    errors: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Deadline:
    """An assignment that is due soon, and how many of the students handed something in and passed."""

    assignment: Assignment
    tried: int
    passed: int
    students: int


def pulse(course: Course, *, now: datetime) -> Pulse:
    """Return what happens in a course now. Two queries."""
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    assignments = list(course.assignments.order_by().values_list("pk", flat=True))
    recent = Submission.objects.filter(assignment__in=assignments, submitted_at__gte=now - LATELY).order_by()
    today = Q(submitted_at__gte=midnight, kind=Kind.SUBMIT)
    waiting = Q(state__in=[State.QUEUED, State.RUNNING])
    counts = recent.aggregate(
        submitted=Count("pk", filter=today),
        passed=Count("pk", filter=today & Q(state=State.GRADED, given__gte=F("max"))),
        learners=Count("learner", filter=today, distinct=True),
        waiting=Count("pk", filter=waiting),
        oldest_waiting=Min("submitted_at", filter=waiting),
        errors=Count("pk", filter=Q(state=State.ERROR)),
    )
    return Pulse(**counts)


def deadlines(course: Course, *, now: datetime) -> list[Deadline]:
    """Return the assignments that are due within `NEAR`, the nearest first. Three queries."""
    near = list(course.assignments.filter(due_at__range=(now, now + NEAR)).select_related("course").order_by("due_at"))
    students = course.enrollments.filter(role=Role.STUDENT).count()
    rows = Grade.objects.filter(assignment__in=near).values("assignment")
    counted = rows.annotate(tried=Count("pk", filter=Q(used__gt=0)), passed=Count("passed_after"))
    by_assignment = {row["assignment"]: row for row in counted}
    return [
        Deadline(
            assignment=one,
            tried=by_assignment[one.pk]["tried"] if one.pk in by_assignment else 0,
            passed=by_assignment[one.pk]["passed"] if one.pk in by_assignment else 0,
            students=students,
        )
        for one in near
    ]


def not_begun(course: Course) -> int:
    """Return how many students of a course never had anything graded. One query."""
    begun = Grade.objects.filter(assignment__course=course, used__gt=0).values("learner")
    return course.enrollments.filter(role=Role.STUDENT).exclude(user__in=begun).count()
