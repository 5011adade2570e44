"""What several pages of the studio need: the package of an address, and answers to what was refused."""

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


class RefusalsShown:
    """Shows on the next page why something inside the block was refused. The block ends there."""

    def __init__(self, request: Request) -> None:
        self.request = request

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> bool:
        if not isinstance(error, PackageRefused):
            return False
        messages.error(self.request, str(error))
        return True


def refused(request: Request, package: CoursePackage, sentence: str, *, panel: str = "") -> HttpResponse:
    """Say beside the button why nothing was done; without JavaScript on the package's page."""
    if request.htmx:
        return render(request, "studio/_refused.html", {"complaint": sentence}, status=422)
    messages.error(request, sentence)
    return redirect(address_of(package, panel=panel))


def back(package: CoursePackage, *, file: str = "", panel: str = "") -> HttpResponseRedirect:
    """Lead back to the package's page."""
    return HttpResponseRedirect(address_of(package, file=file, panel=panel))
