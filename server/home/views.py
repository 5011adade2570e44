"""The way in: one's courses, and a course's home."""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from server.accounts.requests import Request
from server.courses.selectors import courses_of, get_course
from server.submissions.standings import Standing, standings


@dataclass(frozen=True, kw_only=True, slots=True)
class Unit:
    """A unit of a course and how the learner stands with its exercises."""

    title: str
    standings: list[Standing]

    @property
    def passed(self) -> int:
        """How many of its exercises have every point."""
        return sum(standing.passed for standing in self.standings)


@require_GET
def index(request: Request) -> HttpResponse:
    """One's courses; whoever is in one only goes straight there, and to its teaching who teaches it."""
    courses = list(courses_of(request.user))
    if len(courses) == 1:
        teaches = request.user.has_perm("courses.teach", courses[0])
        return redirect("dashboard:overview", courses[0].slug) if teaches else redirect(courses[0])
    return render(request, "home/index.html", {"courses": courses})


@require_GET
def home(request: Request, slug: str) -> HttpResponse:
    """A course: its units, each where its first exercise stands, how far one is, and what to do next."""
    course = get_course(request.user, slug)
    every = standings(request.user, course)
    units: dict[str, Unit] = {}
    for standing in every:
        name = standing.assignment.unit
        unit = units.setdefault(name, Unit(title=name.replace("-", " ").capitalize(), standings=[]))
        unit.standings.append(standing)
    passed = sum(standing.passed for standing in every)
    to_do = _next(every, now=timezone.now())
    context = {"course": course, "units": list(units.values()), "passed": passed, "total": len(every), "to_do": to_do}
    context["tab"] = "exercises"
    return render(request, "home/home.html", context)


def _next(every: list[Standing], *, now: datetime) -> Standing | None:
    """Return what to do next: what is due first, then what is never due, then what is overdue; None for nothing."""
    left = [one for one in every if not (one.passed or one.waiting or one.exempt) and _takes(one, now)]
    return min(left, key=lambda one: _haste(one.terms.due_at, now), default=None)


def _takes(one: Standing, now: datetime) -> bool:
    opens, closes = one.terms.opens_at, one.terms.closes_at
    return (opens is None or opens <= now) and (closes is None or now < closes)


def _haste(due_at: datetime | None, now: datetime) -> tuple[int, datetime]:
    if due_at is None:
        return (1, now)
    return (2 if due_at < now else 0, due_at)


@require_GET
def grades(request: Request, slug: str) -> HttpResponse:
    """One's own grades in a course: what was scored, what lateness took off, and what counts."""
    course = get_course(request.user, slug)
    every = standings(request.user, course)
    counting = [standing for standing in every if not standing.exempt]
    context = {
        "course": course,
        "standings": every,
        "points": sum(standing.grade.final or 0 for standing in counting if standing.grade),
        "most": sum(standing.assignment.points for standing in counting),
        "tab": "grades",
    }
    return render(request, "home/grades.html", context)
