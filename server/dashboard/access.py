"""Who gets to an instructor's page. Those who do not teach a course do not learn that the page exists."""

from django.core.exceptions import PermissionDenied
from django.db.models import Model

from server.accounts.models import User
from server.courses.models import Course
from server.courses.selectors import get_course
from server.web.requests import Request


def taught_course(request: Request, slug: str, *, permission: str = "courses.teach") -> Course:
    """Return a course that the person teaches; Http404 for others, PermissionDenied where the role is not enough."""
    course = get_course(request.user, slug, permission="courses.teach")
    require(request.user, permission, course)
    return course


def require(user: User, permission: str, thing: Model) -> None:
    """Raise PermissionDenied where somebody who sees a thing may not do that to it."""
    if not user.has_perm(permission, thing):
        raise PermissionDenied
