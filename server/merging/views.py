"""Merging another account into that of a member: choose it, see what happens, confirm."""

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from server.accounts.models import User
from server.accounts.requests import Request
from server.courses.models import Course
from server.merging.forms import AccountForm
from server.merging.plan import MergePlan, plan
from server.merging.services import MergeChanged, MergeRefused, merge
from server.roster.access import person_to_change

NOBODY = "There is no such account in this course. Its members and former members can be named."


@require_http_methods(["GET", "POST"])
def choose(request: Request, slug: str, pk: int) -> HttpResponse:
    """Name the account that is to be merged into this person's."""
    course, kept = person_to_change(request, slug, pk)
    form = AccountForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        gone = _named(request, course, form.cleaned_data["account"])
        if gone is not None:
            return redirect("merging:preview", course.slug, kept.pk, gone.pk)
        form.add_error("account", "There is no such account." if request.user.is_superuser else NOBODY)
    context = {"course": course, "tab": "people", "person": kept, "form": form}
    return render(request, "merging/choose.html", context, status=422 if form.errors else 200)


@require_GET
def preview(request: Request, slug: str, pk: int, gone: int) -> HttpResponse:
    """Show what merging does, or why it cannot be done."""
    course, kept = person_to_change(request, slug, pk)
    return _preview(request, course, plan(_gone(request, course, gone), kept, course=course, by=request.user))


@require_POST
def confirm(request: Request, slug: str, pk: int, gone: int) -> HttpResponse:
    """Merge the accounts, if that does what the preview showed."""
    course, kept = person_to_change(request, slug, pk)
    former = _gone(request, course, gone)
    try:
        fingerprint = request.POST.get("fingerprint", "")
        done = merge(former, kept, course=course, by=request.user, fingerprint=fingerprint)
    except MergeRefused as error:
        messages.error(request, str(error))
        return redirect("merging:preview", course.slug, kept.pk, former.pk)
    except MergeChanged:
        messages.warning(request, "The accounts have changed since the preview. This is what merging does now.")
        now = plan(former, kept, course=course, by=request.user)
        return _preview(request, course, now, status=409)
    messages.success(request, f"{done.gone.username} is merged into this account.")
    return redirect("roster:person", course.slug, kept.pk)


def _preview(request: Request, course: Course, what: MergePlan, *, status: int = 200) -> HttpResponse:
    context = {"course": course, "tab": "people", "person": what.kept, "plan": what}
    return render(request, "merging/preview.html", context, status=status)


def _reachable(request: Request, course: Course) -> Q:
    """Return a filter for the accounts that a person can name: an administrator all, others those of the course."""
    if request.user.is_superuser:
        return Q()
    return Q(enrollments__course=course) | Q(former_enrollments__course=course)


def _gone(request: Request, course: Course, pk: int) -> User:
    found = User.objects.filter(_reachable(request, course), pk=pk).distinct()
    return get_object_or_404(found)


def _named(request: Request, course: Course, text: str) -> User | None:
    name = text.strip()
    rows = User.objects.filter(_reachable(request, course), merged_into=None)
    return rows.filter(username=name).first() or rows.filter(external_id=name).first()
