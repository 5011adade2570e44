"""Who can change a package, and whom its published versions reach."""

from django.db.models import Q

from server.accounts.models import User
from server.courses.access import require
from server.courses.models import Course
from server.courses.selectors import CourseArchived
from server.packages.models import CoursePackage, PackageShare


def require_edit(by: User | None, package: CoursePackage | Course) -> None:
    """Raise PermissionDenied if a person cannot edit a package or add one to a course; CourseArchived if nobody can.

    `by` is None for the system, which acts for a course: a push to its Git repository, or a copy of it.
    """
    course = package if isinstance(package, Course) else package.course
    if by is None:
        if course.is_archived:
            raise CourseArchived(course)
        return
    require(by, "packages.edit", course)


def usable_in(course: Course) -> Q:
    """Return the condition for the packages that a course can use: its own, and those that others share with it."""
    return Q(course=course) | Q(pk__in=PackageShare.objects.filter(course=course).values("package"))
