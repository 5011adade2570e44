"""Reading packages. If a person cannot see a package, these functions raise Http404."""

from django.db.models import Prefetch, QuerySet
from django.shortcuts import get_object_or_404

from grader.errors import PackageError
from grader.packages.catalogue import find_package
from server.accounts.models import User
from server.courses.models import Course
from server.courses.selectors import check_permission
from server.packages.access import usable_in
from server.packages.models import CoursePackage, PackageKind, PackageVerification, PackageVersion


def packages_of(course: Course) -> QuerySet[CoursePackage]:
    """Return the packages of a course, in the order of their slugs."""
    return CoursePackage.objects.filter(course=course).select_related("course").order_by("slug")


def get_package(user: User, course: Course, slug: str, *, permission: str = "packages.view") -> CoursePackage:
    """Return a package of a course. Raises the errors of `check_permission`."""
    package = get_object_or_404(packages_of(course), slug=slug)
    check_permission(user, permission, package)
    return package


def get_version(user: User, package: CoursePackage, number: int) -> PackageVersion:
    """Return a version in the history of a package that the person can see."""
    check_permission(user, "packages.view", package)
    rows = package.versions.select_related("package__course", "version").defer("version__archive")
    return get_object_or_404(rows, number=number)


def history(package: CoursePackage) -> QuerySet[PackageVersion]:
    """Return the versions of a package, newest first, with who made them and their verifications. Two queries."""
    latest = PackageVerification.objects.order_by("-started_at", "-id")
    rows = package.versions.select_related("version", "made_by", "package").defer("version__archive")
    return rows.prefetch_related(Prefetch("verifications", latest))


def get_verification(user: User, pk: object) -> PackageVerification:
    """Return a verification in a course that the person helps to teach."""
    rows = PackageVerification.objects.select_related("package_version__package__course")
    row = get_object_or_404(rows, pk=pk)
    check_permission(user, "packages.view", row)
    return row


def usable_packages(course: Course, kind: PackageKind = PackageKind.EXERCISE) -> QuerySet[CoursePackage]:
    """Return the published packages that a course can use for something new: its own, and those shared with it."""
    rows = CoursePackage.objects.filter(usable_in(course), kind=kind, published__isnull=False, withdrawn_at=None)
    return rows.select_related("course").order_by("slug", "pk")


def usable_package(course: Course, slug: str) -> CoursePackage | None:
    """Return the package that a course means by a slug: its own before one that is shared; None if there is none."""
    found = [one for one in usable_packages(course) if one.slug == slug]
    return min(found, key=lambda one: (one.course_id != course.pk, one.pk), default=None)


def knows_exercise(course: Course, slug: str) -> bool:
    """Whether a slug names an exercise of the course, one shared with it, or one of the installation's library."""
    if CoursePackage.objects.filter(usable_in(course), kind=PackageKind.EXERCISE, slug=slug).exists():
        return True
    try:
        find_package(slug)
    except PackageError:
        return False
    return True
