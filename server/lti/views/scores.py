"""Grades on their way to an LMS, for those who teach: where each is, sending again, and comparing."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from server.accounts.requests import Request
from server.courses.access import taught_course
from server.courses.models import Course
from server.lti import selectors
from server.lti.grades import passback, reconciliation
from server.lti.models import LineItem, PassbackState

PER_PAGE = 50


@require_GET
def index(request: Request, slug: str) -> HttpResponse:
    """The columns that a course's grades go into, and how many scores are where."""
    course = _seen(request, slug)
    columns = list(selectors.columns_of(course))
    context = {"course": course, "tab": "connections", "part": "scores", "columns": columns}
    context |= {"failed": sum(one.failed for one in columns), "is_comparing": any(one.asked_at for one in columns)}  # type: ignore[attr-defined]
    return render(request, "lti/scores.html", context)


@require_GET
def column(request: Request, slug: str, pk: int) -> HttpResponse:
    """One column: each student's score, what the platform said, and what the latest comparison found."""
    course = _seen(request, slug)
    line_item = _column(course, pk)
    state = request.GET.get("state", "")
    page = Paginator(selectors.scores_in(line_item, state), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "course": course,
        "tab": "connections",
        "part": "scores",
        "column": line_item,
        "states": [(one, one.label, getattr(line_item, one.value)) for one in PassbackState],
        "state": state,
        "page": page,
        "found": selectors.found_in(line_item),
        "homeless": selectors.without_a_place(line_item),
    }
    return render(request, "lti/column.html", context)


@require_POST
def compare(request: Request, slug: str, pk: int) -> HttpResponse:
    """Have a column compared with our grades."""
    course = _managed(request, slug)
    reconciliation.ask(_column(course, pk))
    return redirect("lms:column", course.slug, pk)


@require_POST
def compare_all(request: Request, slug: str) -> HttpResponse:
    """Have every column compared with our grades."""
    course = _managed(request, slug)
    for line_item in selectors.columns_of(course):
        reconciliation.ask(line_item)
    return redirect("lms:scores", course.slug)


@require_POST
def resend(request: Request, slug: str, pk: int) -> HttpResponse:
    """Send those scores of a column again that were picked."""
    course = _managed(request, slug)
    picked = [one for one in request.POST.getlist("score") if one.isdecimal() and len(one) < 19]
    _say(request, passback.resend(selectors.scores_in(_column(course, pk)).filter(pk__in=picked)))
    return redirect("lms:column", course.slug, pk)


@require_POST
def resend_failed(request: Request, slug: str) -> HttpResponse:
    """Send every score of the course again that a platform refused."""
    course = _managed(request, slug)
    columns = selectors.columns_of(course)
    _say(request, passback.resend(selectors.scores_in(columns, PassbackState.FAILED)))
    return redirect("lms:scores", course.slug)


def _say(request: Request, count: int) -> None:
    if count:
        messages.success(request, f"{count} {'score is' if count == 1 else 'scores are'} sent again.")
    else:
        messages.warning(request, "There was nothing to send.")


def _seen(request: Request, slug: str) -> Course:
    return taught_course(request, slug, permission="lms.view")


def _managed(request: Request, slug: str) -> Course:
    return taught_course(request, slug, permission="lms.manage")


def _column(course: Course, pk: int) -> LineItem:
    return get_object_or_404(selectors.columns_of(course), pk=pk)
