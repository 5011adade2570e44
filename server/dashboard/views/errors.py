"""Submissions that ended in a grading error, and grading them again."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from server.accounts.requests import Request
from server.courses.access import taught_course
from server.courses.visibility import visible_people
from server.submissions import services
from server.submissions.models import State, Submission

PER_PAGE = 50


@require_GET
def errors(request: Request, slug: str) -> HttpResponse:
    """The submissions of a course that we could not grade, newest first."""
    course = taught_course(request, slug)
    people = visible_people(request.user, course)
    rows = Submission.objects.light().filter(people.about(), assignment__course=course, state=State.ERROR)
    page = Paginator(rows.select_related("learner", "assignment__course"), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "dashboard/errors.html", {"course": course, "tab": "overview", "page": page})


@require_POST
def grade_again(request: Request, slug: str) -> HttpResponse:
    """Queue one submission of the list again (`submission` in the form), or all of them."""
    course = taught_course(request, slug, permission="submissions.requeue")
    rows = Submission.objects.filter(assignment__course=course, state=State.ERROR).order_by("submitted_at")
    if "submission" in request.POST:
        rows = rows.filter(pk__in=_keys(request.POST["submission"]))
    queued = sum(services.requeue(row) for row in rows)
    if queued:
        messages.success(request, f"{queued} submission{'s' * (queued != 1)} will be graded again.")
    else:
        messages.info(request, "This submission is no longer in the list.")
    return redirect("dashboard:errors", course.slug)


def _keys(text: str) -> list[UUID]:
    try:
        return [UUID(text)]
    except ValueError:
        return []
