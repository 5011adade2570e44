"""The members of a course, and importing a roster after a preview."""

import hashlib
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from server.accounts.models import User
from server.accounts.requests import Request
from server.courses import services as membership
from server.courses.access import section_choice, taught_course
from server.courses.models import Course, Enrollment, FormerEnrollment, Role
from server.courses.visibility import visible_people
from server.roster import sections, selectors, services
from server.roster.access import person_to_change
from server.roster.csv_file import Unreadable, read
from server.roster.forms import LimitForm, NameForm, PeopleForm, PersonForm, RoleForm, RosterForm, SectionForm
from server.roster.plan import Effect, Plan, plan
from server.roster.sections import SectionRefused
from server.roster.selectors import Group
from server.roster.services import PlanChanged, take_in


@require_GET
def people(request: Request, slug: str) -> HttpResponse:
    """The members of the course, or its former members."""
    course = taught_course(request, slug, permission="roster.view")
    form = PeopleForm(request.GET)
    query = form.query(request.GET.get("page", ""))
    choice = section_choice(request, course)
    rows, page = selectors.people(choice.people, query)
    former = query.group is Group.FORMER
    context = {"course": course, "tab": "people", "form": form, "rows": rows, "page": page, "former": former}
    return render(request, "roster/people.html", context | {"choice": choice})


@require_http_methods(["GET", "POST"])
def add(request: Request, slug: str) -> HttpResponse:
    """Add one person."""
    course = taught_course(request, slug, permission="roster.import")
    form = PersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        step = services.add(course, form.person(), by=request.user)
        if step.effect in {Effect.NEW, Effect.JOINS}:
            messages.success(request, f"{step.person.name} is in the course now.")
            return redirect("roster:people", course.slug)
        form.add_error(None, step.notes[0] if step.effect is Effect.FAULTY else "This person is in the course already.")
    context = {"course": course, "tab": "people", "form": form}
    return render(request, "roster/add.html", context, status=422 if form.errors else 200)


@require_GET
def person(request: Request, slug: str, pk: int) -> HttpResponse:
    """A member or former member, and what an instructor can change."""
    course = taught_course(request, slug, permission="roster.view")
    found = selectors.person(visible_people(request.user, course), pk)
    if found is None:
        raise Http404
    return render(request, "roster/person.html", _person(course, *found))


def _person(course: Course, user: User, row: Enrollment | FormerEnrollment) -> dict[str, Any]:
    limits = sections.limits_of(course, user) if row.role == Role.TA else []
    sees = {"sees": "sections" if limits else "all", "sections": limits}
    return {
        "course": course,
        "tab": "people",
        "person": user,
        "membership": row,
        "former": isinstance(row, FormerEnrollment),
        "limits": limits,
        "has_sections": course.sections.exists(),
        "form": RoleForm(initial={"role": row.role}),
        "section_form": SectionForm(course=course, initial={"section": row.section}),
        "limit_form": LimitForm(course=course, initial=sees),
    }


@require_POST
def change_role(request: Request, slug: str, pk: int) -> HttpResponse:
    """Give a member another role."""
    course, user = person_to_change(request, slug, pk)
    form = RoleForm(request.POST)
    if not form.is_valid():
        return redirect("roster:person", course.slug, user.pk)
    role = Role(form.cleaned_data["role"])
    done = f"{user.display_name} is {role.label.lower()} now."
    return _answer(request, course, user, lambda: membership.change_role(course, user, role, by=request.user), done)


@require_POST
def set_section(request: Request, slug: str, pk: int) -> HttpResponse:
    """Put a member into a section, or into none."""
    course, user = person_to_change(request, slug, pk)
    form = SectionForm(request.POST, course=course)
    if not form.is_valid():
        return redirect("roster:person", course.slug, user.pk)
    section = form.cleaned_data["section"]
    done = f"{user.display_name} is in {section} now." if section else f"{user.display_name} is in no section now."
    return _answer(request, course, user, lambda: membership.set_section(course, user, section), done)


@require_POST
def limit(request: Request, slug: str, pk: int) -> HttpResponse:
    """Limit an assistant to some sections, or to none."""
    course, user = person_to_change(request, slug, pk)
    form = LimitForm(request.POST, course=course)
    if not form.is_valid():
        messages.error(request, "Choose whom the assistant sees.")
        return redirect("roster:person", course.slug, user.pk)
    whom = ", ".join(map(str, form.limit)) if form.limit else "everybody"
    done = f"{user.display_name} sees {whom} now."
    return _answer(request, course, user, lambda: sections.limit(course, user, form.limit), done)


@require_POST
def remove(request: Request, slug: str, pk: int) -> HttpResponse:
    """End a membership."""
    course, user = person_to_change(request, slug, pk)
    done = f"{user.display_name} is no longer in the course. Their work and grades are kept."
    return _answer(request, course, user, lambda: membership.remove(course, user, by=request.user), done)


@require_POST
def restore(request: Request, slug: str, pk: int) -> HttpResponse:
    """Bring a former member back."""
    course, user = person_to_change(request, slug, pk)
    done = f"{user.display_name} is in the course again."
    return _answer(request, course, user, lambda: membership.restore(course, user), done)


def _answer(request: Request, course: Course, user: User, change: Callable[[], object], done: str) -> HttpResponse:
    """Make a change, say what happened, and return to the person's page."""
    try:
        change()
    except membership.MembershipRefused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done)
    return redirect("roster:person", course.slug, user.pk)


@require_http_methods(["GET", "POST"])
def section_list(request: Request, slug: str) -> HttpResponse:
    """The sections of the course, and a form to add one."""
    course = taught_course(request, slug, permission="roster.import")
    form = NameForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            messages.success(request, f"The section {sections.add(course, form.cleaned_data['name'])} is ready.")
            return redirect("roster:sections", course.slug)
        except SectionRefused as error:
            form.add_error("name", str(error))
    context = {"course": course, "tab": "people", "form": form, "sections": sections.sections_of(course)}
    return render(request, "roster/sections.html", context, status=422 if form.errors else 200)


@require_POST
def change_section(request: Request, slug: str, pk: int, how: str) -> HttpResponse:
    """Rename or delete a section."""
    course = taught_course(request, slug, permission="roster.import")
    section = get_object_or_404(course.sections.select_related("course"), pk=pk)
    if how not in {"rename", "delete"}:
        raise Http404
    try:
        if how == "rename":
            sections.rename(section, request.POST.get("name", ""))
            messages.success(request, f"The section is called {section} now.")
        else:
            sections.delete(section)
            messages.success(request, f"The section {section} is deleted. Its people stay in the course.")
    except SectionRefused as error:
        messages.error(request, str(error))
    return redirect("roster:sections", course.slug)


@require_POST
def assign(request: Request, slug: str) -> HttpResponse:
    """Put the people who are picked in the list into a section, or into none."""
    course = taught_course(request, slug, permission="roster.import")
    form = SectionForm(request.POST, course=course)
    picked = [int(one) for one in request.POST.getlist("person") if one.isdecimal() and len(one) < 19]
    if not form.is_valid() or not picked:
        messages.error(request, "Pick the people first, then choose the section.")
    else:
        section = form.cleaned_data["section"]
        moved = sections.assign(course, picked, section)
        count = "1 person is" if moved == 1 else f"{moved} people are"
        messages.success(request, f"{count} in {section or 'no section'} now.")
    return redirect(f"{reverse('roster:people', args=[course.slug])}?{request.GET.urlencode()}")


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
    context["sends_mail"] = settings.SENDS_MAIL
    return render(request, "roster/preview.html", context, status=status)


def _digest(what: Plan) -> str:
    return hashlib.sha256(what.fingerprint.encode()).hexdigest()
