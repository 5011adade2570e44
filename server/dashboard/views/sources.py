"""The page on which staff download the submissions of a course, and the file itself."""

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from server.accounts.requests import Request
from server.audit.models import AuditAction
from server.audit.services import record
from server.common.streaming import stream_file
from server.courses.access import section_choice, taught_course
from server.dashboard.forms import SourcesForm
from server.submissions.source_archive import source_archive


@require_GET
def sources(request: Request, slug: str) -> HttpResponse:
    """Choose an assignment, or all, and which submissions of each student."""
    course = taught_course(request, slug, permission="submissions.export")
    form = SourcesForm(request.GET or None, course=course)
    return render(request, "dashboard/sources.html", {"course": course, "tab": "gradebook", "form": form})


@require_GET
def source_file(request: Request, slug: str) -> HttpResponseBase:
    """The chosen submissions as a ZIP file, which is sent while it is made."""
    course = taught_course(request, slug, permission="submissions.export")
    form = SourcesForm(request.GET, course=course)
    if not form.is_valid():
        context = {"course": course, "tab": "gradebook", "form": form}
        return render(request, "dashboard/sources.html", context, status=422)
    people = section_choice(request, course).people
    chosen, which = form.chosen
    what = chosen[0].slug if form.cleaned_data["assignment"] else "all assignments"
    record(AuditAction.SOURCES_DOWNLOADED, course=course, what=what, after=f"{which} submissions")
    name = f"{course.slug}-{what.replace('/', '-').replace(' ', '-')}-{which}.zip"
    return stream_file(source_archive(people, chosen, which), name=name, media_type="application/zip")
