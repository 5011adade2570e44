"""The platforms of a course, for those who teach it: who may come in, and which LMS course is which of ours."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from server.accounts.requests import Request
from server.courses.access import taught_course
from server.courses.models import Course
from server.lti import selectors
from server.lti.forms import LinkForm, NewPlatformForm, PlatformForm
from server.lti.members import rosters
from server.lti.models import Deployment, LmsCourse, Platform
from server.lti.platform import links, registration
from server.lti.platform.addresses import address_of

OURS = {
    "Login (initiate login URL)": "login",
    "Launch (tool URL, redirection URI)": "launch",
    "Picking exercises (deep linking, redirection URI)": "deep-link",
    "Public keys (keyset URL)": "jwks",
}


@require_GET
def index(request: Request, slug: str) -> HttpResponse:
    """The platforms of a course, what waits for approval, and the LMS courses."""
    return _index(request, taught_course(request, slug, permission="lms.view"))


@never_cache
@require_POST
def invite(request: Request, slug: str) -> HttpResponse:
    """An address by which a platform registers itself, once; it is shown in this answer only."""
    course = _managed(request, slug)
    return _index(request, course, invitation=registration.invite(course, by=request.user), status=201)


@require_POST
def withdraw(request: Request, slug: str, pk: int) -> HttpResponse:
    """End an invitation that nobody used."""
    course = _managed(request, slug)
    get_object_or_404(selectors.invitations_of(course), pk=pk).delete()
    messages.success(request, "Nobody can register with that invitation any more.")
    return redirect("lms:links", course.slug)


@require_http_methods(["GET", "POST"])
def new(request: Request, slug: str) -> HttpResponse:
    """Register a platform by hand."""
    course = _managed(request, slug)
    form = NewPlatformForm(request.POST or None, course=course)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        made = registration.add(form.instance, deployment_id=said["deployment_id"], every_course=said["every_course"])
        messages.success(request, f"{made} is registered.")
        return redirect("lms:links", course.slug)
    return _form(request, course, form, "lti/platform_new.html")


@require_http_methods(["GET", "POST"])
def platform(request: Request, slug: str, pk: int) -> HttpResponse:
    """A platform's addresses, to look at and to mend."""
    course = _managed(request, slug)
    row = _platform(course, pk)
    form = PlatformForm(request.POST or None, instance=row, course=course)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Saved.")
        return redirect("lms:links", course.slug)
    return _form(request, course, form, "lti/platform.html", platform=row)


@require_POST
def switch(request: Request, slug: str, pk: int) -> HttpResponse:
    """Keep a platform out, or let it in again."""
    course = _managed(request, slug)
    row = _platform(course, pk)
    links.switch(row, on=not row.enabled)
    return redirect("lms:links", course.slug)


@require_POST
def delete(request: Request, slug: str, pk: int) -> HttpResponse:
    """Forget a platform that nobody came by: a mistake."""
    course = _managed(request, slug)
    row = _platform(course, pk)
    if row.identities.exists():
        raise Http404("People came by it: it can be switched off.")
    row.delete()
    messages.success(request, f"{row} is forgotten.")
    return redirect("lms:links", course.slug)


@require_POST
def approve(request: Request, slug: str, pk: int) -> HttpResponse:
    """Let a deployment in; with `every_course`, all that comes by it is the platform's course."""
    course = _managed(request, slug)
    row = _deployment(course, pk)
    registration.approve(row.platform, row.deployment_id, every_course=bool(request.POST.get("every_course")))
    messages.success(request, f"Who opens an activity of deployment {row.deployment_id} comes in from now on.")
    return redirect("lms:links", course.slug)


@require_POST
def close(request: Request, slug: str, pk: int) -> HttpResponse:
    """Let nobody in through a deployment any more."""
    course = _managed(request, slug)
    row = _deployment(course, pk)
    links.withdraw(row)
    messages.success(request, f"Nobody comes in by deployment {row.deployment_id} any more.")
    return redirect("lms:links", course.slug)


@require_POST
def link(request: Request, slug: str, pk: int) -> HttpResponse:
    """Say which course of one's own an LMS course is, or none."""
    course = _managed(request, slug)
    row = _lms_course(course, pk)
    form = LinkForm(request.POST, lms_course=row, user=request.user)
    if not form.is_valid():
        raise Http404("This is no course of theirs.")
    links.link(row, form.cleaned_data["course"], by=request.user)
    now = form.cleaned_data["course"]
    messages.success(request, f"“{row}” is {now.title if now else 'no course here'} from now on.")
    return redirect("lms:links", course.slug)


@require_POST
def roster(request: Request, slug: str, pk: int) -> HttpResponse:
    """Have the roster of an LMS course read soon."""
    course = _managed(request, slug)
    rosters.ask(get_object_or_404(LmsCourse, pk=_lms_course(course, pk).pk, course=course))
    messages.success(request, "The roster is being read. Load this page again in a moment.")
    return redirect("lms:links", course.slug)


def _managed(request: Request, slug: str) -> Course:
    return taught_course(request, slug, permission="lms.manage")


def _platform(course: Course, pk: int) -> Platform:
    return get_object_or_404(course.lti_platforms, pk=pk)


def _deployment(course: Course, pk: int) -> Deployment:
    return get_object_or_404(Deployment.objects.select_related("platform"), pk=pk, platform__course=course)


def _lms_course(course: Course, pk: int) -> LmsCourse:
    return get_object_or_404(selectors.lms_courses_of(course), pk=pk)


def _form(request: Request, course: Course, form: PlatformForm, page: str, **more: Any) -> HttpResponse:
    context = {"course": course, "tab": "connections", "part": "lms", "form": form, "ours": _ours()}
    return render(request, page, context | more, status=422 if form.errors else 200)


def _index(request: Request, course: Course, *, invitation: str = "", status: int = 200) -> HttpResponse:
    lms_courses = selectors.lms_courses_of(course)
    context = {
        "course": course,
        "tab": "connections",
        "part": "lms",
        "platforms": selectors.platforms_of(course),
        "lms_courses": [(row, LinkForm(lms_course=row, user=request.user)) for row in lms_courses],
        "invitations": selectors.invitations_of(course),
        "invitation": invitation,
        "ours": _ours(),
    }
    return render(request, "lti/links.html", context, status=status)


def _ours() -> dict[str, str]:
    return {words: address_of(name) for words, name in OURS.items()}
