"""A copy of a course for a new term: a form, a preview of all dates that can be edited, and then the copy."""

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from server.accounts.requests import Request
from server.course_setup.copying import CopyPlan, copy_course, first_day, moved
from server.course_setup.errors import SetupRefused, SlugTaken
from server.course_setup.forms import CopyForm, said_in
from server.course_setup.rows import DatesRow, are_valid
from server.course_setup.services import require_free
from server.course_setup.views.courses import require_maker
from server.courses.access import taught_course
from server.courses.models import Course


@require_http_methods(["GET", "POST"])
def copy(request: Request, slug: str) -> HttpResponse:
    """Copy a course. Nothing is saved before "save", and the old course stays as it is."""
    source = taught_course(request, slug, permission="courses.manage", even_archived=True)
    require_maker(request)
    step = request.POST.get("step", "")
    form = CopyForm(
        source, request.POST if step in {"preview", "save"} else None, initial=said_in(CopyForm, request.POST)
    )
    if not form.is_bound or not form.is_valid() or not _is_free(form):
        return _form(request, source, form)
    course = Course(**form.chosen)
    rows = _rows(request, source, course, form, saves=step == "save")
    with timezone.override(course.zone):
        if step == "preview" or not are_valid(rows):
            return _preview(request, source, course, form, rows, status=200 if step == "preview" else 422)
        dates = {row.assignment.pk: row.moments(old=source.zone, new=course.zone) for row in rows}
    said = form.cleaned_data
    plan = CopyPlan(course=form.chosen, dates=dates, sections=said["sections"], staff=said["staff"])
    try:
        made = copy_course(source, plan, by=request.user)
    except SetupRefused as error:
        form.add_error("slug" if isinstance(error, SlugTaken) else None, str(error))
        return _form(request, source, form)
    messages.success(request, f"{made.title} is ready, with {len(rows)} assignments. The old course is as it was.")
    return redirect("dashboard:assignments", made.slug)


def _is_free(form: CopyForm) -> bool:
    try:
        require_free(form.cleaned_data["slug"])
    except SlugTaken as error:
        form.add_error("slug", str(error))
        return False
    return True


def _form(request: Request, source: Course, form: CopyForm) -> HttpResponse:
    context = {"course": source, "tab": "settings", "form": form, "count": source.assignments.count()}
    return render(request, "course_setup/copy.html", context, status=422 if form.errors else 200)


def _rows(request: Request, source: Course, course: Course, form: CopyForm, *, saves: bool) -> list[DatesRow]:
    every = list(source.assignments.select_related("course"))
    if saves:
        return [DatesRow(one, request.POST) for one in every]
    start, starts_on = first_day(source), form.cleaned_data["starts_on"]
    days = (starts_on - start).days if start and starts_on else 0
    return [DatesRow(one, initial=moved(one, days, course=course)) for one in every]


def _preview(
    request: Request, source: Course, course: Course, form: CopyForm, rows: Sequence[DatesRow], *, status: int
) -> HttpResponse:
    context = {"course": source, "copy": course, "tab": "settings", "form": form, "rows": rows}
    return render(request, "course_setup/copy_preview.html", context, status=status)
