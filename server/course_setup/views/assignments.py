"""Many assignments at once: set from the catalogue, and edited. Both show a preview that can be edited.

The steps are in the same form: the button that was pressed is in `step`. Nothing is saved before "save".
"""

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from server.accounts.requests import Request
from server.catalogue.exercises import readable_exercises
from server.common.local_times import days_after
from server.course_setup import assignments as services
from server.course_setup.errors import RowRefused
from server.course_setup.forms import EditForm, SetForm, said_in
from server.course_setup.rhythm import Rhythm, due_dates
from server.course_setup.rows import MOMENTS, MOST_ROWS, Choice, EditRow, NewRow, are_valid, plain
from server.courses.access import taught_course
from server.courses.models import Course
from server.gradebook.models import Assignment
from server.packages.content import own_exercises

NONE_PICKED = "Pick at least one of them."
TOO_MANY = f"At most {MOST_ROWS} at a time. Pick fewer, save, then do the others."


@require_http_methods(["GET", "POST"])
def set_assignments(request: Request, slug: str) -> HttpResponse:
    """Set many exercises: pick them, look at titles and dates, save."""
    course = taught_course(request, slug, permission="assignments.change")
    with timezone.override(course.zone):
        step = request.POST.get("step", "")
        form = SetForm(request.POST if step in {"preview", "save"} else None, initial=said_in(SetForm, request.POST))
        found = _not_set(course)
        picked = _picked_exercises(request, found)
        trouble = _trouble(picked) if step in {"preview", "save"} else ""
        if step == "save" and not trouble and form.is_valid():
            return _save_new(request, course, form, picked)
        if step == "preview" and not trouble and form.is_valid():
            return _preview_new(request, course, form, _new_rows(course, form, picked))
        return _catalogue(request, course, form, found, picked, trouble)


def _not_set(course: Course) -> list[Choice]:
    there = set(course.assignments.values_list("slug", flat=True))
    own = [Choice(one.text, package=one.package) for one in own_exercises(course)]
    # A slug names one assignment: of two exercises of one slug, that of the course is offered.
    taken = there | {one.slug for one in own}
    library = [Choice(one) for one in readable_exercises() if one.slug not in taken]
    return [*(one for one in own if one.slug not in there), *library]


def _picked_exercises(request: Request, found: Sequence[Choice]) -> list[Choice]:
    """Return what is picked, alone or with its whole unit, in the catalogue's order."""
    picks, units = set(request.POST.getlist("pick")), set(request.POST.getlist("unit"))
    return [one for one in found if one.slug in picks or _unit(one) in units]


def _unit(exercise: Choice) -> str:
    return exercise.slug.partition("/")[0]


def _trouble(picked: Sequence[object]) -> str:
    if not picked:
        return NONE_PICKED
    return TOO_MANY if len(picked) > MOST_ROWS else ""


def _catalogue(
    request: Request,
    course: Course,
    form: SetForm,
    found: Sequence[Choice],
    picked: Sequence[Choice],
    trouble: str,
) -> HttpResponse:
    words = request.POST.get("q", "").lower().split()
    chosen = {one.slug for one in picked}
    units: dict[str, list[tuple[Choice, bool]]] = {}
    for one in found:
        text = f"{one.title} {one.slug} {' '.join(one.teaches)}".lower()
        # What is picked stays on the page: otherwise a search would lose it.
        if one.slug in chosen or all(word in text for word in words):
            units.setdefault(_unit(one), []).append((one, one.slug in chosen))
    context = {"course": course, "tab": "assignments", "form": form, "units": units, "trouble": trouble}
    context |= {"words": " ".join(words), "nothing_left": not found}
    return render(request, "course_setup/set.html", context, status=422 if trouble or form.errors else 200)


def _new_rows(course: Course, form: SetForm, picked: Sequence[Choice]) -> list[NewRow]:
    said, units = form.cleaned_data, list(dict.fromkeys(_unit(one) for one in picked))
    first, dates = said["first_due"], []
    if first is not None:
        count = len(units) if said["share"] == "unit" else len(picked)
        rhythm = Rhythm(said["rhythm"])
        dates = due_dates(first, count, every=said["every"], rhythm=rhythm, zone=course.zone)
    rows = []
    for place, one in enumerate(picked):
        at = units.index(_unit(one)) if said["share"] == "unit" else place
        rows.append(NewRow(one, initial={"points": plain(said["points"]), "due_at": dates[at] if dates else None}))
    return rows


def _preview_new(
    request: Request, course: Course, form: SetForm, rows: Sequence[NewRow], *, error: str = "", status: int = 200
) -> HttpResponse:
    context = {"course": course, "tab": "assignments", "form": form, "rows": rows, "error": error}
    return render(request, "course_setup/set_preview.html", context, status=status)


def _save_new(request: Request, course: Course, form: SetForm, picked: Sequence[Choice]) -> HttpResponse:
    rows = [NewRow(one, request.POST) for one in picked]
    if not are_valid(rows):
        return _preview_new(request, course, form, rows, status=422)
    fields = [{"exercise": row.exercise.slug, "package": row.exercise.package, **row.cleaned_data} for row in rows]
    as_drafts = form.cleaned_data["as_drafts"]
    try:
        made = services.set_many(course, fields, as_drafts=as_drafts)
    except RowRefused as error:
        return _preview_new(request, course, form, rows, error=str(error), status=422)
    count = "1 assignment is" if len(made) == 1 else f"{len(made)} assignments are"
    messages.success(request, f"{count} set{', as drafts' if as_drafts else ''}.")
    return redirect("dashboard:assignments", course.slug)


@require_http_methods(["GET", "POST"])
def edit(request: Request, slug: str) -> HttpResponse:
    """Edit many assignments: pick them, say what changes, look at it, save."""
    course = taught_course(request, slug, permission="assignments.change")
    with timezone.override(course.zone):
        step = request.POST.get("step", "")
        every = list(course.assignments.select_related("course"))
        keys = set(request.POST.getlist("pick"))
        picked = [one for one in every if str(one.pk) in keys]
        form = EditForm(request.POST or None)
        trouble = _trouble(picked) if step else ""
        if step == "save" and not trouble:
            return _save_edited(request, course, picked)
        if step == "preview" and not trouble and form.is_valid():
            return _preview_edited(request, course, [_edited(course, form, one) for one in picked])
        context = {"course": course, "tab": "assignments", "form": form, "trouble": trouble}
        context["rows"] = [(one, str(one.pk) in keys) for one in every]
        return render(request, "course_setup/edit.html", context, status=422 if trouble or form.errors else 200)


def _edited(course: Course, form: EditForm, one: Assignment) -> EditRow:
    said = form.cleaned_data
    moments = {name: getattr(one, name) for name in MOMENTS}
    if said["days"]:
        moments = {name: at and days_after(at, said["days"], course.zone) for name, at in moments.items()}
    points = one.points if said["points"] is None else said["points"]
    is_draft = {"publish": False, "draft": True}.get(said["drafts"], one.is_draft)
    return EditRow(one, initial=moments | {"own_title": one.own_title, "points": plain(points), "is_draft": is_draft})


def _preview_edited(
    request: Request, course: Course, rows: Sequence[EditRow], *, error: str = "", status: int = 200
) -> HttpResponse:
    context = {"course": course, "tab": "assignments", "rows": rows, "error": error}
    return render(request, "course_setup/edit_preview.html", context, status=status)


def _save_edited(request: Request, course: Course, picked: Sequence[Assignment]) -> HttpResponse:
    rows = [EditRow(one, request.POST) for one in picked]
    if not are_valid(rows):
        return _preview_edited(request, course, rows, status=422)
    changes = [(row.assignment, row.cleaned_data | row.moments(old=course.zone, new=course.zone)) for row in rows]
    try:
        changed, grades = services.edit_many(changes, by=request.user)
    except RowRefused as error:
        return _preview_edited(request, course, rows, error=str(error), status=422)
    messages.success(request, f"{_count(changed, 'assignment')} changed, and {_count(grades, 'grade')} with them.")
    return redirect("dashboard:assignments", course.slug)


@require_POST
def publish(request: Request, slug: str) -> HttpResponse:
    """Publish one draft, whose key is in `key`, or all drafts."""
    course = taught_course(request, slug, permission="assignments.change")
    drafts = course.assignments.select_related("course").filter(is_draft=True)
    chosen = [one for one in drafts if request.POST.get("key", str(one.pk)) == str(one.pk)]
    services.publish(chosen, by=request.user)
    count = "1 assignment is" if len(chosen) == 1 else f"{len(chosen)} assignments are"
    messages.success(request, f"{count} published.")
    return redirect("dashboard:assignments", course.slug)


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
