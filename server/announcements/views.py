"""Announcements: writing them, and reading them."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from server.accounts.requests import Request
from server.announcements import selectors
from server.announcements.forms import AnnouncementForm
from server.announcements.services import FormReused, announce
from server.catalogue.markdown import render as render_markdown
from server.courses.access import taught_course
from server.courses.models import Course
from server.courses.selectors import get_course


@require_GET
def announcements(request: Request, slug: str) -> HttpResponse:
    """What was announced in a course, for its members."""
    course = get_course(request.user, slug)
    page = selectors.announcements(course, _page(request), viewer=request.user)
    return render(request, "announcements/list.html", {"course": course, "tab": "announcements", "page": page})


@require_GET
def sent(request: Request, slug: str) -> HttpResponse:
    """What was announced, for teachers. Instructors also see who has no address, and which mails did not arrive."""
    course = taught_course(request, slug, permission="announcements.view")
    page = selectors.announcements(course, _page(request), viewer=request.user)
    context = {"course": course, "tab": "announcements", "page": page, "sends_mail": settings.SENDS_MAIL}
    if request.user.has_perm("announcements.send", course):
        context |= {
            "reach": selectors.reach(course, by=request.user),
            "lost": selectors.lost_mails(course),
            "waiting": selectors.waiting_mails(course),
        }
    return render(request, "announcements/sent.html", context)


@require_http_methods(["GET", "POST"])
def new(request: Request, slug: str) -> HttpResponse:
    """Write an announcement: first a preview with the number of recipients, then it is sent."""
    course = taught_course(request, slug, permission="announcements.send")
    form = AnnouncementForm(course, request.POST or None)
    context = {"course": course, "tab": "announcements", "form": form, "sends_mail": settings.SENDS_MAIL}
    if request.method == "POST" and form.is_valid():
        text = form.cleaned_data
        if request.POST.get("step") == "send":
            return _send(request, course, form)
        reach = selectors.reach(course, text.get("section"), by=request.user)
        context |= {"preview": render_markdown(text["body"]), "reach": reach, "section": text.get("section")}
    return render(request, "announcements/new.html", context, status=422 if form.errors else 200)


def _send(request: Request, course: Course, form: AnnouncementForm) -> HttpResponse:
    text = form.cleaned_data
    try:
        made = announce(course, by=request.user, **text)
    except FormReused as error:
        form.add_error(None, str(error))
        context = {"course": course, "tab": "announcements", "form": form, "sends_mail": settings.SENDS_MAIL}
        return render(request, "announcements/new.html", context, status=409)
    people = "person" if made.mailed == 1 else "people"
    messages.success(request, f"Announced. A mail goes to {made.mailed} {people}.")
    return redirect("announcements:sent", course.slug)


def _page(request: Request) -> int:
    page = request.GET.get("page", "")
    return int(page) if page.isascii() and page.isdecimal() and len(page) < 7 else 1
