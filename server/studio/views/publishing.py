"""Versions of a package: the history, differences, publishing, withdrawing, sharing."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from grader.packages import archives
from server.accounts.requests import Request
from server.courses.models import Course, Role
from server.courses.selectors import courses_of
from server.packages import services
from server.packages.errors import PackageRefused
from server.packages.files import draft_files, replace_draft
from server.packages.models import CoursePackage, PackageKind, PackageVersion, VersionSource
from server.packages.selectors import history
from server.packages.services import Publication
from server.studio import selectors
from server.studio.changes import compare_files
from server.studio.files import MAIN, title_of
from server.studio.views.common import EDIT, RefusalsShown, back, found_package

DRAFT = "draft"


@require_GET
@never_cache
def versions(request: Request, slug: str, package: str) -> HttpResponse:
    """The history of a package, and what can be done with it."""
    found = found_package(request, slug, package)
    main = found.draft_files.filter(path=MAIN[PackageKind(found.kind)]).first()
    rows = list(history(found))
    context = {
        "course": found.course,
        "tab": "exercises",
        "package": found,
        "title": title_of(found, bytes(main.content) if main else None),
        "rows": rows,
        "history": selectors.history_of(found),
        "may_edit": request.user.has_perm(EDIT, found),
        "shares": list(found.shares.select_related("course").order_by("course__title")),
        "courses": _other_courses(request, found),
        "assignments": list(found.assignments.select_related("course").order_by("course__title", "position")),
    }
    return render(request, "studio/versions.html", context)


def _other_courses(request: Request, found: CoursePackage) -> list[Course]:
    """Return the courses with which a person can share: those in which they are an instructor too."""
    own = courses_of(request.user)
    if not request.user.is_superuser:
        own = own.filter(enrollments__user=request.user, enrollments__role=Role.INSTRUCTOR)
    return list(own.exclude(pk=found.course_id).exclude(shared_packages__package=found).order_by("title").distinct())


@require_GET
@never_cache
def compare(request: Request, slug: str, package: str) -> HttpResponse:
    """Two versions file by file: `left` and `right` are numbers, or "draft"."""
    found = found_package(request, slug, package)
    left, right = (request.GET.get(name, DRAFT) for name in ("left", "right"))
    changes = compare_files(_files(found, left), _files(found, right))
    context = {
        "course": found.course,
        "tab": "exercises",
        "package": found,
        "changes": changes,
        "left": _name(left),
        "right": _name(right),
    }
    return render(request, "studio/compare.html", context)


def _name(number: str) -> str:
    return "the files now" if number == DRAFT else f"version {number}"


def _files(found: CoursePackage, number: str) -> dict[str, bytes]:
    if number == DRAFT:
        return draft_files(found)
    return archives.unpack(bytes(_version(found, number).version.archive))


def _version(found: CoursePackage, number: str) -> PackageVersion:
    if not (number.isascii() and number.isdecimal() and len(number) < 10):
        raise Http404
    return get_object_or_404(found.versions.select_related("version", "package__course"), number=int(number))


def _chosen(request: Request, found: CoursePackage) -> PackageVersion:
    """Return the version that a form names. Raises PackageRefused if there is none."""
    try:
        return _version(found, request.POST.get("number", ""))
    except Http404:
        raise PackageRefused("Choose one of the versions.") from None


@require_POST
def publish(request: Request, slug: str, package: str) -> HttpResponse:
    """Make a version the one that the course uses. No grade changes; a regrade is offered."""
    found = found_package(request, slug, package, edit=True)
    with RefusalsShown(request):
        version = _chosen(request, found)
        messages.success(request, _published(found, services.publish(version, by=request.user)))
    return back(found, panel="publish")


def _published(found: CoursePackage, done: Publication) -> SafeString:
    sentence = f"Version {done.version.number} is published."
    if done.follows:
        verb = "follows" if done.follows == 1 else "follow"
        sentence += f" {_count(done.follows, 'assignment')} {verb} it from now on."
    if done.stays:
        verb = "stays" if done.stays == 1 else "stay"
        sentence += f" {_count(done.stays, 'assignment')} {verb} with another version."
    if not done.outdated:
        return format_html("{} No grade has changed.", sentence)
    return format_html(
        '{} No grade has changed: {} graded by an earlier version. <a href="{}">Preview a regrade</a>',
        sentence,
        f"{_count(done.outdated, 'submission')} {'was' if done.outdated == 1 else 'were'}",
        _regrade_address(found),
    )


def _regrade_address(found: CoursePackage) -> str:
    """Return the address of a regrade of what earlier versions graded, in the first assignment that follows."""
    first = found.assignments.filter(stays=False, course=found.course_id).order_by("position", "pk").first()
    address = reverse("regrades:new", args=[found.course.slug])
    return f"{address}?assignment={first.pk}&scope=outdated" if first else address


def _count(number: int, what: str) -> str:
    return f"1 {what}" if number == 1 else f"{number} {what}s"


@require_POST
def withdraw(request: Request, slug: str, package: str) -> HttpResponse:
    """Offer a package for no new assignment, or offer it again."""
    found = found_package(request, slug, package, edit=True)
    with RefusalsShown(request):
        if "again" in request.POST:
            services.restore(found, by=request.user)
            messages.success(request, "New assignments can use it again.")
        else:
            services.withdraw(found, by=request.user)
            messages.success(request, "It is withdrawn: no new assignment can use it. Those that have it go on.")
    return _to_versions(found)


@require_POST
def share(request: Request, slug: str, package: str) -> HttpResponse:
    """Let another course of this person use the published versions, or no more (`stop`)."""
    found = found_package(request, slug, package, edit=True)
    key = request.POST.get("course", "")
    with RefusalsShown(request):
        if "stop" in request.POST:
            shared = [one for one in found.shares.select_related("course") if str(one.course_id) == key]
            for one in shared:
                services.unshare(found, one.course, by=request.user)
                messages.success(request, f"{one.course.title} cannot use it for new assignments any more.")
            return _to_versions(found)
        other = next((one for one in _other_courses(request, found) if str(one.pk) == key), None)
        if other is None:
            messages.error(request, "Choose one of your courses.")
        else:
            services.share(found, other, by=request.user)
            messages.success(request, f"{other.title} can use what you publish.")
    return _to_versions(found)


@require_POST
def delete(request: Request, slug: str, package: str) -> HttpResponse:
    """Delete a package that no assignment uses."""
    found = found_package(request, slug, package, edit=True)
    with RefusalsShown(request):
        services.delete_package(found, by=request.user)
        messages.success(request, f"{found.slug} is deleted.")
        return redirect("dashboard:exercises", found.course.slug)
    return _to_versions(found)


@require_POST
def take(request: Request, slug: str, package: str) -> HttpResponse:
    """Edit the files of an earlier version. Edits that no version has are kept as a version first."""
    found = found_package(request, slug, package, edit=True)
    with RefusalsShown(request):
        version = _chosen(request, found)
        services.make_version(found, by=request.user, source=VersionSource.PAGE)
        replace_draft(found, archives.unpack(bytes(version.version.archive)), by=request.user)
        messages.success(request, f"You edit the files of version {version.number} now.")
        return back(found)
    return _to_versions(found)


def _to_versions(found: CoursePackage) -> HttpResponse:
    return redirect("studio:versions", found.course.slug, found.slug)


@require_GET
@never_cache
def download(request: Request, slug: str, package: str) -> HttpResponse:
    """A ZIP of the files: those that are edited now, or of the version `?number=`."""
    found = found_package(request, slug, package)
    number = request.GET.get("number", "")
    archive = bytes(_version(found, number).version.archive) if number else archives.pack(draft_files(found))
    name = f"{found.slug.replace('/', '-')}{f'-{number}' if number else ''}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return HttpResponse(archive, content_type="application/zip", headers=headers)
