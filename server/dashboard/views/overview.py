"""The overview of a course for its teachers, and the exercises."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from server.accounts.requests import Request
from server.analytics import selectors as class_analytics
from server.catalogue.exercises import broken_exercises
from server.courses.access import section_choice, taught_course
from server.courses.visibility import visible_people
from server.dashboard.selectors import overview as select
from server.dashboard.selectors.exercises import exercises as every_exercise
from server.dashboard.selectors.workers import workers as alive
from server.lti.selectors import grades_in_lms
from server.packages.content import broken_packages
from server.packages.selectors import usable_packages
from server.studio.selectors import package_rows


@require_GET
def overview(request: Request, slug: str) -> HttpResponse:
    """Current activity, stuck students, common mistakes and deadlines."""
    course = taught_course(request, slug)
    now = timezone.now()
    # Read once and passed on, with the course, so that links need no query.
    assignments = list(course.assignments.published().select_related("course"))
    choice = section_choice(request, course)
    people = choice.people
    turnout = select.turnout(people)
    context = {
        "course": course,
        "tab": "overview",
        "choice": choice,
        "pulse": select.pulse(assignments, people=people, now=now),
        "stranded": select.stranded(assignments, people=people),
        "not_begun": turnout.not_begun,
        "lms": grades_in_lms(people),
        "deadlines": select.deadlines(assignments, people=people, students=turnout.students, now=now),
        "stuck": class_analytics.stuck(assignments, people=people),
        "mistakes": class_analytics.mistakes(assignments, people=people, since=now - select.LATELY),
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
    """The course's own exercises and lessons, and the library with the results of its quality checks."""
    course = taught_course(request, slug)
    found = every_exercise(visible_people(request.user, course))
    context = {
        "course": course,
        "tab": "exercises",
        "packages": package_rows(course),
        "shared": usable_packages(course).exclude(course=course),
        "exercises": found,
        "broken": broken_exercises() + broken_packages(course),
    }
    return render(request, "dashboard/exercises.html", context)


@require_GET
def exercise(request: Request, slug: str, exercise: str) -> HttpResponse:
    """An exercise as students see it, assigned in this course or not."""
    course = taught_course(request, slug)
    found = every_exercise(visible_people(request.user, course))
    one = next((one for one in found if one.exercise.slug == exercise), None)
    if one is None:
        raise Http404
    return render(request, "dashboard/exercise.html", {"course": course, "tab": "exercises", "one": one})
