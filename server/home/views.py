"""The learner's courses, the home of a course, and the learner's grades in it."""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from server.accounts.requests import Request
from server.announcements import selectors as announcements
from server.courses.selectors import courses_of, get_course
from server.submissions.statuses import AssignmentStatus, statuses


@dataclass(frozen=True, kw_only=True, slots=True)
class Unit:
    """A unit of a course, with the learner's standing in each of its exercises."""

    title: str
    statuses: list[AssignmentStatus]

    @property
    def passed(self) -> int:
        """How many of its exercises the learner passed with full points."""
        return sum(status.passed for status in self.statuses)


def _totals(every: list[AssignmentStatus], *, now: datetime) -> dict[str, float]:
    """Return `points` of `most` for work due so far, the points `early` for work due later, and those of the `whole`.

    Work without a due date is due once it has a grade.
    """
    due = [one for one in every if _is_due(one, now)]
    points = sum(_final(one) for one in due)
    return {
        "points": points,
        "most": sum(one.assignment.points for one in due),
        "early": sum(map(_final, every)) - points,
        "whole": sum(one.assignment.points for one in every),
    }


def _final(one: AssignmentStatus) -> float:
    return (one.grade.final or 0.0) if one.grade else 0.0


def _is_due(one: AssignmentStatus, now: datetime) -> bool:
    due_at = one.terms.due_at
    return one.grade is not None if due_at is None else due_at <= now


@require_GET
def index(request: Request) -> HttpResponse:
    """The courses of the user. If there is only one, redirect to it: teachers to its teaching pages."""
    every = list(courses_of(request.user))
    courses = [one for one in every if not one.is_archived]
    if len(every) == len(courses) == 1:
        teaches = request.user.has_perm("courses.teach", courses[0])
        return redirect("dashboard:overview", courses[0].slug) if teaches else redirect(courses[0])
    earlier = [one for one in every if one.is_archived]
    return render(request, "home/index.html", {"courses": courses, "earlier": earlier})


@require_GET
def home(request: Request, slug: str) -> HttpResponse:
    """A course: its units in the order of their first exercises, the progress, and what to do next."""
    course = get_course(request.user, slug)
    every = statuses(request.user, course)
    units: dict[str, Unit] = {}
    for status in every:
        name = status.assignment.unit
        unit = units.setdefault(name, Unit(title=name.replace("-", " ").capitalize(), statuses=[]))
        unit.statuses.append(status)
    passed = sum(status.passed for status in every)
    to_do = None if course.is_archived else _next(every, now=timezone.now())
    context = {"course": course, "units": list(units.values()), "passed": passed, "total": len(every), "to_do": to_do}
    context |= {"tab": "exercises", "announcements": announcements.newest(course, viewer=request.user)}
    return render(request, "home/home.html", context)


def _next(every: list[AssignmentStatus], *, now: datetime) -> AssignmentStatus | None:
    """Return what to do next: first what is due soonest, then what has no date, then what is overdue. None if done."""
    left = [one for one in every if one.is_to_do(now)]
    return min(left, key=lambda one: _urgency(one.terms.due_at, now), default=None)


def _urgency(due_at: datetime | None, now: datetime) -> tuple[int, datetime]:
    if due_at is None:
        return (1, now)
    return (2 if due_at < now else 0, due_at)


@require_GET
def grades(request: Request, slug: str) -> HttpResponse:
    """The learner's own grades in a course: scores, late penalties, and what counts."""
    course = get_course(request.user, slug)
    every = statuses(request.user, course)
    counting = [status for status in every if not status.exempt]
    context = {
        "course": course,
        "statuses": every,
        **_totals(counting, now=timezone.now()),
        "tab": "grades",
    }
    return render(request, "home/grades.html", context)
