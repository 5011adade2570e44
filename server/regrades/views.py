"""Regrades: the list, start one, watch it, and apply, discard or take it back."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from server.accounts.requests import Request
from server.courses.access import taught_course
from server.courses.models import Course
from server.courses.visibility import visible_people
from server.regrades import selectors, services
from server.regrades.errors import RegradeError
from server.regrades.forms import StartForm
from server.regrades.models import Regrade, RegradeScope

PER_PAGE = 100


@require_GET
def index(request: Request, slug: str) -> HttpResponse:
    """The regrades of a course."""
    course = taught_course(request, slug, permission="regrades.view")
    context = {
        "course": course,
        "tab": "regrades",
        "regrades": selectors.regrades(visible_people(request.user, course))[:50],
    }
    return render(request, "regrades/index.html", context)


@require_http_methods(["GET", "POST"])
def new(request: Request, slug: str) -> HttpResponse:
    """Choose the exercises to grade again, and give a reason."""
    course = taught_course(request, slug, permission="regrades.run")
    asked = {"assignments": request.GET.getlist("assignment"), "scope": request.GET.get("scope", RegradeScope.ALL)}
    form = StartForm(request.POST or None, course=course, initial=asked)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            scope = RegradeScope(data["scope"])
            return redirect(services.start(course, data["assignments"], by=request.user, why=data["why"], scope=scope))
        except RegradeError as error:
            form.add_error(None, str(error))
    context = {"course": course, "tab": "regrades", "form": form}
    return render(request, "regrades/new.html", context, status=422 if form.errors else 200)


@require_GET
def detail(request: Request, slug: str, pk: int) -> HttpResponse:
    """A regrade: its progress, and old and new scores side by side."""
    course = taught_course(request, slug, permission="regrades.view")
    return render(request, "regrades/detail.html", _detail(request, course, _regrade(course, pk)))


@require_GET
def progress(request: Request, slug: str, pk: int) -> HttpResponse:
    """The part of the page that changes while a regrade runs."""
    course = taught_course(request, slug, permission="regrades.view")
    return render(request, "regrades/_progress.html", _detail(request, course, _regrade(course, pk)))


@require_POST
def end(request: Request, slug: str, pk: int, how: str) -> HttpResponse:
    """Apply or discard a preview, or take an applied regrade back."""
    course = taught_course(request, slug, permission="regrades.run")
    regrade = _regrade(course, pk)
    try:
        messages.success(request, _end(regrade, how, request))
    except RegradeError as error:
        messages.error(request, str(error))
    return redirect(regrade)


def _end(regrade: Regrade, how: str, request: Request) -> str:
    match how:
        case "apply":
            return f"Applied: {len(services.apply(regrade, by=request.user))} grades changed."
        case "discard":
            services.discard(regrade)
            return "Discarded. No score was changed."
        case "revert":
            why = f"Took back: {regrade.why}"
            return f"Taken back: {len(services.revert(regrade, by=request.user, why=why))} grades changed."
        case _:
            raise Http404


def _regrade(course: Course, pk: int) -> Regrade:
    return get_object_or_404(Regrade.objects.select_related("course", "by"), pk=pk, course=course)


def _detail(request: Request, course: Course, regrade: Regrade) -> dict[str, Any]:
    people = visible_people(request.user, course)
    tally = selectors.tally(regrade, people=people)
    show = request.GET.get("show", selectors.CHANGED)
    choices = [(selectors.CHANGED, "Changed", tally.changed)]
    choices += [(kind.value, str(kind.label), count) for kind, count in tally.kinds.items() if count]
    choices.append((selectors.EVERY, "All", tally.total))
    page = Paginator(selectors.reruns(regrade, people=people, show=show), PER_PAGE).get_page(request.GET.get("page"))
    context = {"course": course, "tab": "regrades", "regrade": regrade, "tally": tally, "page": page}
    return context | {"show": show, "choices": choices}
