"""Releasing results that were held back."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from server.accounts.requests import Request
from server.courses.access import taught_course
from server.gradebook import releases


@require_POST
def release_one(request: Request, slug: str, pk: int) -> HttpResponse:
    """Release the results of an assignment to all its learners."""
    course = taught_course(request, slug, permission="assignments.change")
    one = get_object_or_404(course.assignments.select_related("course"), pk=pk)
    if releases.release(one, by=request.user):
        messages.success(request, f"The results of {one.title} are released.")
    else:
        messages.info(request, "These results were released already.")
    return redirect("dashboard:assignment", course.slug, one.pk)


@require_POST
def release_all(request: Request, slug: str) -> HttpResponse:
    """Release everything that the course holds back."""
    course = taught_course(request, slug, permission="assignments.change")
    count = releases.release_all(course, by=request.user)
    messages.success(request, f"The results of {count} assignment{'' if count == 1 else 's'} are released.")
    return redirect("dashboard:assignments", course.slug)
