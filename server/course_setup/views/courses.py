"""A new course, the settings of a course, and the archive."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from server.accounts.requests import Request
from server.course_setup import services
from server.course_setup.errors import SetupRefused, SlugTaken
from server.course_setup.forms import CourseForm, SettingsForm
from server.courses.access import taught_course
from server.courses.models import Course

NOT_A_MAKER = "Your account cannot make courses. An administrator can make one for you, or let you make courses."


def require_maker(request: Request) -> None:
    """Raise PermissionDenied, with a sentence, if the person cannot make courses."""
    if not request.user.has_perm("courses.make"):
        raise PermissionDenied(NOT_A_MAKER)


@require_http_methods(["GET", "POST"])
def new(request: Request) -> HttpResponse:
    """Make a course; who makes it becomes its instructor."""
    require_maker(request)
    form = CourseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            course = services.make_course(by=request.user, **form.chosen)
            messages.success(request, f"{course.title} is ready. Set assignments first, then let students join.")
            return redirect("course_setup:set", course.slug)
        except SetupRefused as error:
            form.add_error("slug" if isinstance(error, SlugTaken) else None, str(error))
    return render(request, "course_setup/new.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def settings(request: Request, slug: str) -> HttpResponse:
    """Show and change the settings of a course."""
    course = taught_course(request, slug, permission="courses.manage")
    # A copy: if the form is refused, the page must not show the refused title as the course's.
    form = SettingsForm(request.POST or None, instance=Course.objects.get(pk=course.pk))
    if request.method == "POST" and form.is_valid():
        try:
            services.change(course, form.chosen, by=request.user)
            messages.success(request, "Saved.")
            return redirect("course_setup:settings", course.slug)
        except SlugTaken as error:
            form.add_error("slug", str(error))
    context = {"course": course, "tab": "settings", "form": form}
    return render(request, "course_setup/settings.html", context, status=422 if form.errors else 200)


@require_POST
def archive(request: Request, slug: str) -> HttpResponse:
    """Archive a course."""
    course = taught_course(request, slug, permission="courses.manage", even_archived=True)
    services.archive(course, by=request.user)
    messages.success(request, f"{course.title} is archived.")
    return redirect("course_setup:settings", course.slug)


@require_POST
def reopen(request: Request, slug: str) -> HttpResponse:
    """Take a course out of the archive."""
    course = taught_course(request, slug, permission="courses.manage", even_archived=True)
    services.reopen(course, by=request.user)
    messages.success(request, f"{course.title} is open again.")
    return redirect("course_setup:settings", course.slug)
