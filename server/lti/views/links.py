"""The platforms of a course, for its staff: registrations, approvals, and links between courses."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from server.accounts.requests import Request
from server.courses.access import taught_course
from server.courses.models import Course
from server.lti import selectors
from server.lti.forms import LinkForm, NewPlatformForm, PlatformForm, ShareForm
from server.lti.members import course_links, rosters, sharing
from server.lti.models import Deployment, LmsCourse, Platform
from server.lti.platform import registration
from server.lti.platform.tool_urls import tool_url

TOOL_URLS = {
    "Login (initiate login URL)": "login",
    "Launch (tool URL, redirection URI)": "launch",
    "Picking exercises (deep linking, redirection URI)": "deep-link",
    "Public keys (keyset URL)": "jwks",
}


@require_GET
def index(request: Request, slug: str) -> HttpResponse:
    """Show the platforms of a course, what waits for approval, and the LMS courses."""
    return _index(request, taught_course(request, slug, permission="lms.view"))


@never_cache
@require_POST
def invite(request: Request, slug: str) -> HttpResponse:
    """Show an address with which a platform can register itself, once. Only this answer contains it."""
    course = _managed(request, slug)
    return _index(request, course, invitation=registration.invite(course, by=request.user), status=201)


@require_POST
def withdraw(request: Request, slug: str, pk: int) -> HttpResponse:
    """Delete an unused invitation."""
    course = _managed(request, slug)
    registration.withdraw_invitation(get_object_or_404(selectors.invitations_of(course), pk=pk))
    messages.success(request, "The invitation no longer works.")
    return redirect("lms:links", course.slug)


@require_http_methods(["GET", "POST"])
def new(request: Request, slug: str) -> HttpResponse:
    """Register a platform by hand."""
    course = _managed(request, slug)
    form = NewPlatformForm(request.POST or None, course=course, user=request.user)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        added = registration.add(form.instance, deployment_id=data["deployment_id"], every_course=data["every_course"])
        messages.success(request, f"{added} is registered.")
        return redirect("lms:links", course.slug)
    return _form(request, course, form, "lti/platform_new.html")


@require_http_methods(["GET", "POST"])
def platform(request: Request, slug: str, pk: int) -> HttpResponse:
    """Show and change a platform's addresses."""
    course = _managed(request, slug)
    row = _platform(course, pk)
    form = PlatformForm(request.POST or None, instance=row, course=course, user=request.user)
    if request.method == "POST" and form.is_valid():
        course_links.change(form.save(commit=False), changed=form.changed_data)
        messages.success(request, "Saved.")
        return redirect("lms:links", course.slug)
    return _form(request, course, form, "lti/platform.html", platform=row)


@require_POST
def switch(request: Request, slug: str, pk: int) -> HttpResponse:
    """Disable a platform, or enable it again."""
    course = _managed(request, slug)
    row = _platform(course, pk)
    course_links.switch(row, on=not row.enabled)
    return redirect("lms:links", course.slug)


@require_POST
def share(request: Request, slug: str, pk: int) -> HttpResponse:
    """Confirm that two registrations are one platform, so that they share their people. Only for administrators."""
    row = _platform_for_administrator(request, slug, pk)
    form = ShareForm(request.POST, platform=row)
    if not form.is_valid():
        raise Http404("There is no such registration of the same issuer.")
    other = form.cleaned_data["other"]
    try:
        sharing.share(row, other, by=request.user)
    except sharing.SharingRefused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"The registrations {row.client_id} and {other.client_id} share their people now.")
    return redirect("lms:links", slug)


@require_POST
def stop_sharing(request: Request, slug: str, pk: int) -> HttpResponse:
    """Let a registration have people of its own again. Only for administrators."""
    sharing.stop_sharing(_platform_for_administrator(request, slug, pk), by=request.user)
    messages.success(request, "New people of this registration get accounts of their own from now on.")
    return redirect("lms:links", slug)


@require_POST
def delete(request: Request, slug: str, pk: int) -> HttpResponse:
    """Delete a platform that nobody has used, such as one that was registered by mistake."""
    course = _managed(request, slug)
    row = _platform(course, pk)
    if row.identities.exists():
        raise Http404("People have used it. It can be disabled, but not deleted.")
    course_links.delete(row)
    messages.success(request, f"{row} is deleted.")
    return redirect("lms:links", course.slug)


@require_POST
def approve(request: Request, slug: str, pk: int) -> HttpResponse:
    """Approve a deployment. With `every_course`, all its LMS courses are linked to the platform's course."""
    course = _managed(request, slug)
    row = _deployment(course, pk)
    course_links.approve(row.platform, row.deployment_id, every_course=bool(request.POST.get("every_course")))
    messages.success(request, f"Deployment {row.deployment_id} is approved: people can open its activities now.")
    return redirect("lms:links", course.slug)


@require_POST
def close(request: Request, slug: str, pk: int) -> HttpResponse:
    """Withdraw the approval of a deployment."""
    course = _managed(request, slug)
    row = _deployment(course, pk)
    course_links.withdraw_approval(row)
    messages.success(request, f"Deployment {row.deployment_id} is no longer approved: nobody can open its activities.")
    return redirect("lms:links", course.slug)


@require_POST
def link_course(request: Request, slug: str, pk: int) -> HttpResponse:
    """Link an LMS course to one of the person's courses, or to none."""
    course = _managed(request, slug)
    row = _lms_course(course, pk)
    form = LinkForm(request.POST, lms_course=row, user=request.user)
    if not form.is_valid():
        raise Http404("This person does not teach such a course.")
    course_links.link_course(row, form.cleaned_data["course"], by=request.user)
    now = form.cleaned_data["course"]
    messages.success(request, f"“{row}” is now linked to {now.title if now else 'no course'}.")
    return redirect("lms:links", course.slug)


@require_POST
def roster(request: Request, slug: str, pk: int) -> HttpResponse:
    """Request the synchronization of an LMS course's roster."""
    course = _managed(request, slug)
    rosters.request_sync(get_object_or_404(LmsCourse, pk=_lms_course(course, pk).pk, course=course))
    messages.success(request, "The roster is being read. Reload this page in a moment.")
    return redirect("lms:links", course.slug)


def _managed(request: Request, slug: str) -> Course:
    return taught_course(request, slug, permission="lms.manage")


def _platform_for_administrator(request: Request, slug: str, pk: int) -> Platform:
    row = _platform(_managed(request, slug), pk)
    if not request.user.is_superuser:
        raise PermissionDenied
    return row


def _platform(course: Course, pk: int) -> Platform:
    return get_object_or_404(course.lti_platforms, pk=pk)


def _deployment(course: Course, pk: int) -> Deployment:
    return get_object_or_404(Deployment.objects.select_related("platform"), pk=pk, platform__course=course)


def _lms_course(course: Course, pk: int) -> LmsCourse:
    return get_object_or_404(selectors.lms_courses_of(course), pk=pk)


def _form(request: Request, course: Course, form: PlatformForm, page: str, **more: Any) -> HttpResponse:
    context = {"course": course, "tab": "integrations", "part": "lms", "form": form, "tool_urls": _tool_urls()}
    return render(request, page, context | more, status=422 if form.errors else 200)


def _index(request: Request, course: Course, *, invitation: str = "", status: int = 200) -> HttpResponse:
    lms_courses = selectors.lms_courses_of(course)
    context = {
        "course": course,
        "tab": "integrations",
        "part": "lms",
        "platforms": selectors.registrations_of(course),
        "lms_courses": [(row, LinkForm(lms_course=row, user=request.user)) for row in lms_courses],
        "invitations": selectors.invitations_of(course),
        "invitation": invitation,
        "tool_urls": _tool_urls(),
    }
    return render(request, "lti/links.html", context, status=status)


def _tool_urls() -> dict[str, str]:
    return {words: tool_url(name) for words, name in TOOL_URLS.items()}
