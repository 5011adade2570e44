"""The pages of lessons, and the output of their code."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from server.accounts.requests import Request
from server.catalogue.lessons import LessonText
from server.courses.models import Course
from server.courses.selectors import get_course
from server.lessons import selectors, services
from server.lessons.errors import NotRun
from server.packages.content import lessons_of


@require_GET
def index(request: Request, course: str) -> HttpResponse:
    """The course text: its lessons in order, with their exercises."""
    found = get_course(request.user, course)
    context = {"course": found, "shelves": selectors.shelves(request.user, found), "tab": "lessons"}
    return render(request, "lessons/index.html", context)


@require_GET
def lesson(request: Request, course: str, slug: str) -> HttpResponse:
    """One lesson: text, code that can be run, and links to exercises."""
    found = get_course(request.user, course)
    return render(request, "lessons/lesson.html", _lesson(request, found, slug))


@require_POST
def start(request: Request, course: str, slug: str) -> HttpResponse:
    """Run the blocks up to number `run`, with the code on the page."""
    found = get_course(request.user, course, permission="lessons.run")
    text = selectors.get_lesson(found, slug)
    try:
        sources = _sources(request)
        run = services.start(learner=request.user, course=found, lesson=text, sources=sources)
    except NotRun as error:
        return _refused(request, found, text, str(error))
    return render(request, "lessons/_run.html", {"run": run}) if request.htmx else redirect(run)


@require_GET
@never_cache
def run(request: Request, pk: UUID) -> HttpResponse:
    """The output of a run: a part of the lesson's page, or a page of its own without JavaScript."""
    found = selectors.get_run(request.user, pk)
    context = {"run": found, "course": found.course, "lesson": selectors.get_lesson(found.course, found.lesson)}
    return render(request, "lessons/_run.html" if request.htmx else "lessons/run.html", context)


def _sources(request: Request) -> list[str]:
    blocks, number = request.POST.getlist("block"), request.POST.get("run", "")
    if not number.isdecimal() or not 1 <= int(number[:4]) <= len(blocks):
        raise NotRun("The lesson has changed. Reload the page.")
    # Without a final line end, the last line would join with the next block.
    return [block.replace("\r\n", "\n").replace("\r", "\n").rstrip() + "\n" for block in blocks[: int(number[:4])]]


def _lesson(request: Request, course: Course, slug: str) -> dict[str, object]:
    every = lessons_of(course)
    text = selectors.lesson_in(every, slug)
    at = every.index(text)
    return {
        "course": course,
        "lesson": text,
        "paragraphs": selectors.paragraphs(request.user, course, text),
        "before": every[at - 1] if at else None,
        "after": every[at + 1] if at + 1 < len(every) else None,
    }


def _refused(request: Request, course: Course, text: LessonText, complaint: str) -> HttpResponse:
    if request.htmx:
        return render(request, "lessons/_refused.html", {"complaint": complaint}, status=422)
    context = _lesson(request, course, text.slug) | {"complaint": complaint}
    return render(request, "lessons/lesson.html", context, status=422)
