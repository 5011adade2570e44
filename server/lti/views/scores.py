"""Grades in the LMS, for the course's staff: the state of each, sending again, and comparing."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from server.accounts.requests import Request
from server.courses.access import taught_course
from server.courses.models import Course
from server.courses.visibility import VisiblePeople, visible_people
from server.lti import selectors
from server.lti.grades import dismissals, passback, reconciliation
from server.lti.models import LineItem, PassbackState

PER_PAGE = 50


@require_GET
def index(request: Request, slug: str) -> HttpResponse:
    """Show the columns that a course's grades go into, with the number of scores in each state."""
    course, people = _seen(request, slug)
    columns = list(selectors.columns_of(people))
    context = {"course": course, "tab": "integrations", "part": "scores", "columns": columns}
    context |= {state.value: sum(getattr(one, state.value) for one in columns) for state in PassbackState}
    context |= {
        "is_comparing": any(one.asked_at for one in columns),
        "dismissed": list(selectors.columns_of(people, dismissed=True)),
    }
    return render(request, "lti/scores.html", context)


@require_GET
def column(request: Request, slug: str, pk: int) -> HttpResponse:
    """Show one column: each student's score, the platform's explanation, and the latest differences."""
    course, people = _seen(request, slug)
    line_item = _column(people, pk, even_dismissed=True)
    state = request.GET.get("state", "")
    page = Paginator(selectors.scores_in(line_item, state, people=people), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "course": course,
        "tab": "integrations",
        "part": "scores",
        "column": line_item,
        "states": [(one, one.label, getattr(line_item, one.value)) for one in PassbackState],
        "state": state,
        "page": page,
        "differences": selectors.differences_in(line_item, people=people),
        "unplaced": selectors.without_identity(line_item, people=people),
    }
    return render(request, "lti/column.html", context)


@require_POST
def compare(request: Request, slug: str, pk: int) -> HttpResponse:
    """Request the comparison of a column with our grades."""
    course, people = _managed(request, slug)
    reconciliation.request(_column(people, pk))
    return redirect("lms:column", course.slug, pk)


@require_POST
def compare_all(request: Request, slug: str) -> HttpResponse:
    """Request the comparison of each column with our grades."""
    course, people = _managed(request, slug)
    for line_item in selectors.columns_of(people):
        reconciliation.request(line_item)
    return redirect("lms:scores", course.slug)


@require_POST
def resend(request: Request, slug: str, pk: int) -> HttpResponse:
    """Send the picked scores of a column again, or all that the platform refused or shows otherwise."""
    course, people = _managed(request, slug)
    scores = selectors.scores_in(_column(people, pk), people=people)
    if "all" in request.POST:
        wanted = scores.filter(state__in=[PassbackState.FAILED, PassbackState.DIFFERS])
    else:
        wanted = scores.filter(pk__in=_picked(request))
    _show_result(request, passback.resend(wanted))
    return redirect("lms:column", course.slug, pk)


@require_POST
def send_now(request: Request, slug: str, pk: int) -> HttpResponse:
    """Try the picked scores of a column at once that wait for their next try, or all of them."""
    course, people = _managed(request, slug)
    waiting = selectors.scores_in(_column(people, pk), PassbackState.PENDING, people=people)
    if "all" not in request.POST:
        waiting = waiting.filter(pk__in=_picked(request))
    _show_result(request, passback.send_now(waiting), again="")
    return redirect("lms:column", course.slug, pk)


@require_POST
def send_all_now(request: Request, slug: str) -> HttpResponse:
    """Try every score of the course at once that waits for its next try."""
    course, people = _managed(request, slug)
    columns = selectors.columns_of(people)
    waiting = selectors.scores_in(columns, PassbackState.PENDING, people=people)
    _show_result(request, passback.send_now(waiting), again="")
    return redirect("lms:scores", course.slug)


@require_POST
def dismiss(request: Request, slug: str, pk: int) -> HttpResponse:
    """Dismiss a column, whose activity was deleted in the LMS."""
    course, people = _managed(request, slug)
    line_item = _column(people, pk)
    dismissals.dismiss(line_item, by=request.user)
    messages.success(request, f"The column of {line_item.assignment.title} is dismissed. No grades are sent to it.")
    return redirect("lms:scores", course.slug)


@require_POST
def restore(request: Request, slug: str, pk: int) -> HttpResponse:
    """Bring a dismissed column back."""
    course, people = _managed(request, slug)
    # A second press finds it among the others, and changes nothing.
    either = selectors.columns_of(people, dismissed=True) | selectors.columns_of(people)
    line_item = get_object_or_404(either, pk=pk)
    dismissals.restore(line_item, by=request.user)
    messages.success(request, f"The column of {line_item.assignment.title} gets grades again.")
    return redirect("lms:scores", course.slug)


def _picked(request: Request) -> list[str]:
    return [one for one in request.POST.getlist("score") if one.isdecimal() and len(one) < 19]


@require_POST
def resend_failed(request: Request, slug: str) -> HttpResponse:
    """Send every score of the course that a platform refused again."""
    course, people = _managed(request, slug)
    columns = selectors.columns_of(people)
    _show_result(request, passback.resend(selectors.scores_in(columns, PassbackState.FAILED, people=people)))
    return redirect("lms:scores", course.slug)


def _show_result(request: Request, count: int, *, again: str = " again") -> None:
    if count:
        messages.success(request, f"{count} {'score is' if count == 1 else 'scores are'} being sent{again}.")
    else:
        messages.warning(request, "There was nothing to send.")


def _seen(request: Request, slug: str) -> tuple[Course, VisiblePeople]:
    return _course(request, slug, "lms.view")


def _managed(request: Request, slug: str) -> tuple[Course, VisiblePeople]:
    return _course(request, slug, "lms.manage")


def _course(request: Request, slug: str, permission: str) -> tuple[Course, VisiblePeople]:
    course = taught_course(request, slug, permission=permission)
    return course, visible_people(request.user, course)


def _column(people: VisiblePeople, pk: int, *, even_dismissed: bool = False) -> LineItem:
    found = selectors.columns_of(people).filter(pk=pk).first()
    if found is None and even_dismissed:
        found = selectors.columns_of(people, dismissed=True).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found
