"""The learner's courses, the home of a course, and the learner's grades in it."""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from server.accounts.requests import Request
from server.announcements import selectors as announcements
from server.courses.models import Course
from server.courses.selectors import courses_of, get_course
from server.gradebook.course_totals import item_of, rules_of
from server.gradebook.slip_days import Pool, pools
from server.gradebook.totals import CourseTotal, ItemStatus, total_of
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


def _total(every: list[AssignmentStatus], course: Course, *, now: datetime) -> CourseTotal:
    """Return the learner's total of the work that is due so far, by the rules of the course."""
    items = [
        item_of(one.assignment, one.grade, due_at=one.terms.due_at, now=now, held=one.held, exempt=one.exempt)
        for one in every
    ]
    return total_of(items, rules_of(course))


def _final(one: AssignmentStatus) -> float:
    return (one.grade.final or 0.0) if one.grade else 0.0


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
    context["slip_days"] = _slip_days(request, course)
    context |= {"tab": "exercises", "announcements": announcements.newest(course, viewer=request.user)}
    return render(request, "home/home.html", context)


def _slip_days(request: Request, course: Course) -> Pool:
    return pools(course, [request.user.pk], reader=request.user)[request.user.pk]


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
    course_total = _total(every, course, now=timezone.now())
    counted = {one.item.key: one.status for unit in course_total.units for one in unit.items}
    context = {
        "course": course,
        "rows": [(status, counted[status.assignment.slug]) for status in every],
        "course_total": course_total,
        "early": sum(_final(one) for one in every if counted[one.assignment.slug] is ItemStatus.NOT_DUE),
        "whole": sum(one.assignment.points for one in every if not one.exempt),
        "has_rules": course_total.is_weighted or any(unit.drop_lowest for unit in course_total.units),
        "tab": "grades",
        "slip_days": _slip_days(request, course),
    }
    return render(request, "home/grades.html", context)
