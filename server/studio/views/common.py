"""What several pages of the studio need: the package of an address, and answers to what was refused."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode

from server.accounts.requests import Request
from server.courses.access import taught_course
from server.packages.errors import PackageRefused
from server.packages.models import CoursePackage
from server.packages.selectors import get_package

EDIT = "packages.edit"


def found_package(request: Request, slug: str, package: str, *, edit: bool = False) -> CoursePackage:
    """Return the package of an address for somebody who teaches its course, or who can edit it.

    Raises the errors of `taught_course`, and Http404 if the course has no such package.
    """
    course = taught_course(request, slug, permission=EDIT if edit else "courses.teach")
    return get_package(request.user, course, package)


def address_of(package: CoursePackage, *, file: str = "", line: int | None = None, panel: str = "") -> str:
    """Return the address of a package's page, with a file in the editor, a line of it, and a panel beside it."""
    query = {"file": file, "line": line, "panel": panel}
    chosen = urlencode({name: value for name, value in query.items() if value})
    address = reverse("studio:package", args=[package.course.slug, package.slug])
    return f"{address}?{chosen}" if chosen else address


@contextmanager
def refusals_shown(request: Request) -> Iterator[None]:
    """Show why something was refused on the next page."""
    try:
        yield
    except PackageRefused as error:
        messages.error(request, str(error))


def refused(request: Request, package: CoursePackage, sentence: str, *, panel: str = "") -> HttpResponse:
    """Say beside the button why nothing was done; without JavaScript on the package's page."""
    if request.htmx:
        return render(request, "studio/_refused.html", {"complaint": sentence}, status=422)
    messages.error(request, sentence)
    return redirect(address_of(package, panel=panel))


def back(package: CoursePackage, **place: str) -> HttpResponseRedirect:
    """Lead back to the package's page."""
    return HttpResponseRedirect(address_of(package, **place))
