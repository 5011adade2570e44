"""The overview of a course for its teachers, and the exercises."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from server.accounts.requests import Request
from server.analytics import selectors as class_analytics
from server.catalogue.exercises import broken_exercises
from server.courses.access import taught_course
from server.dashboard.selectors import overview as select
from server.dashboard.selectors.exercises import exercises as every_exercise
from server.dashboard.selectors.workers import workers as alive


@require_GET
def overview(request: Request, slug: str) -> HttpResponse:
    """Current activity, stuck students, common mistakes and deadlines."""
    course = taught_course(request, slug)
    now = timezone.now()
    # Read once and passed on, with the course, so that links need no query.
    assignments = list(course.assignments.select_related("course"))
    turnout = select.turnout(course)
    context = {
        "course": course,
        "tab": "overview",
        "pulse": select.pulse(assignments, now=now),
        "stranded": select.stranded(assignments),
        "not_begun": turnout.not_begun,
        "deadlines": select.deadlines(assignments, students=turnout.students, now=now),
        "stuck": class_analytics.stuck(assignments),
        "mistakes": class_analytics.mistakes(assignments, since=now - select.LATELY),
    }
    return render(request, "dashboard/overview.html", context)


@require_GET
def workers(request: Request, slug: str) -> HttpResponse:
    """The part of the overview that shows which graders are alive."""
    course, found = taught_course(request, slug), alive()
    nobody_takes = bool(found) and all(worker.out for worker in found or [])
    context = {"course": course, "workers": found, "nobody_takes": nobody_takes}
    return render(request, "dashboard/_workers.html", context)


@require_GET
def exercises(request: Request, slug: str) -> HttpResponse:
    """Every exercise, with the result of its quality checks."""
    course = taught_course(request, slug)
    return render(
        request,
        "dashboard/exercises.html",
        {"course": course, "tab": "exercises", "exercises": every_exercise(course), "broken": broken_exercises()},
    )


@require_GET
def exercise(request: Request, slug: str, exercise: str) -> HttpResponse:
    """An exercise as students see it, assigned in this course or not."""
    course = taught_course(request, slug)
    one = next((one for one in every_exercise(course) if one.exercise.slug == exercise), None)
    if one is None:
        raise Http404
    return render(request, "dashboard/exercise.html", {"course": course, "tab": "exercises", "one": one})
