"""Verifying a package: it begins here, and the page follows it promise by promise."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from server.accounts.requests import Request
from server.courses.access import require, taught_course
from server.packages.errors import PackageRefused
from server.packages.models import CoursePackage, PackageVerification, VersionSource
from server.packages.selectors import get_verification
from server.packages.services import make_version
from server.packages.verifying import verify as begin
from server.studio import authoring, selectors
from server.studio.views.common import EDIT, address_of, back, found_package, refused


@require_POST
def verify(request: Request, slug: str, package: str) -> HttpResponse:
    """Keep the files that are edited now as a version, and verify it."""
    return _begin(request, found_package(request, slug, package, edit=True))


def _begin(request: Request, found: CoursePackage) -> HttpResponse:
    try:
        version = make_version(found, by=request.user, source=VersionSource.PAGE)
        row = begin(version, by=request.user)
    except PackageRefused as error:
        return refused(request, found, str(error), panel="verify")
    if not request.htmx:
        return back(found, file=request.POST.get("path", ""), panel="verify")
    return _part(request, row, fresh=True)


def _part(request: Request, row: PackageVerification, *, fresh: bool) -> HttpResponse:
    package = row.package_version.package
    history = selectors.history_of(package)
    view = selectors.view_of(row)
    context = {
        "verification": view,
        "package": package,
        "course": package.course,
        "fresh": fresh,
        "may_edit": request.user.has_perm(EDIT, package),
        "history": history,
        "stages": selectors.stages(package, history, view),
        "out_of_band": True,
    }
    return render(request, "studio/_verification.html", context)


def found_verification(request: Request, slug: str, pk: UUID) -> PackageVerification:
    """Return a verification of a course that this person teaches. Raises Http404."""
    course = taught_course(request, slug)
    row = get_verification(request.user, pk)
    return get_verification(request.user, None) if row.course.pk != course.pk else row


@require_GET
@never_cache
def verification(request: Request, slug: str, pk: UUID) -> HttpResponse:
    """How far a verification is, or what it found: a part of a page; without JavaScript the package's page."""
    row = found_verification(request, slug, pk)
    if not request.htmx:
        return redirect(address_of(row.package_version.package, panel="verify"))
    return _part(request, row, fresh=True)


@require_POST
def write_mistakes(request: Request, slug: str, pk: UUID) -> HttpResponse:
    """Write what the wrong answers got into mistakes.toml, and verify again."""
    row = found_verification(request, slug, pk)
    package = row.package_version.package
    require(request.user, EDIT, package)
    results = selectors.view_of(row).mistakes
    if not results:
        return refused(request, package, "This verification did not come to the wrong answers.", panel="verify")
    try:
        authoring.write_mistakes(package, results, by=request.user)
    except PackageRefused as error:
        return refused(request, package, str(error), panel="verify")
    return _begin(request, package)
