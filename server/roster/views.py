"""The members of a course, and importing a roster after a preview."""

import hashlib

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from server.accounts.names import in_order
from server.accounts.requests import Request
from server.courses.access import taught_course
from server.courses.models import Course, Enrollment
from server.roster.csv_file import Unreadable, read
from server.roster.forms import RosterForm
from server.roster.plan import Effect, Plan, plan
from server.roster.services import PlanChanged, take_in


@require_GET
def people(request: Request, slug: str) -> HttpResponse:
    """All members of the course."""
    course = taught_course(request, slug, permission="roster.view")
    members = sorted(course.enrollments.select_related("user"), key=_sort_key)
    return render(request, "roster/people.html", {"course": course, "tab": "people", "members": members})


def _sort_key(member: Enrollment) -> tuple:
    user = member.user
    return member.role, *in_order(user.last_name, user.first_name, user.username)


@require_http_methods(["GET", "POST"])
def preview(request: Request, slug: str) -> HttpResponse:
    """Read a file and show what it does."""
    course = taught_course(request, slug, permission="roster.import")
    form = RosterForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            text = form.cleaned_data["text"]
            return _preview(request, course, text, plan(course, read(text), by=request.user))
        except Unreadable as error:
            form.add_error(None, str(error))
    context = {"course": course, "tab": "people", "form": form}
    return render(request, "roster/import.html", context, status=422 if form.errors else 200)


@require_POST
def confirm(request: Request, slug: str) -> HttpResponse:
    """Import the file. If it no longer does what the preview showed, show a new preview."""
    course = taught_course(request, slug, permission="roster.import")
    text = request.POST.get("text", "")
    try:
        shown = plan(course, read(text), by=request.user)
        if _digest(shown) != request.POST.get("digest"):
            raise PlanChanged(shown)
        done = take_in(course, text, fingerprint=shown.fingerprint, by=request.user)
    except PlanChanged as moved:
        messages.warning(request, str(moved))
        return _preview(request, course, text, moved.plan, status=409)
    except Unreadable as error:
        messages.error(request, str(error))
        return redirect("roster:import", course.slug)
    joined = done.count(Effect.NEW) + done.count(Effect.JOINS)
    messages.success(request, f"{joined} joined, {done.count(Effect.CHANGED)} changed.")
    return redirect("roster:people", course.slug)


def _preview(request: Request, course: Course, text: str, what: Plan, *, status: int = 200) -> HttpResponse:
    counts = [(effect, what.count(effect)) for effect in Effect]
    context = {"course": course, "tab": "people", "plan": what, "counts": counts, "text": text, "digest": _digest(what)}
    return render(request, "roster/preview.html", context, status=status)


def _digest(what: Plan) -> str:
    return hashlib.sha256(what.fingerprint.encode()).hexdigest()
