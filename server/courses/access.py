"""Who can open an instructor's page. Everybody else gets a 404, as if the page did not exist."""

from django.core.exceptions import PermissionDenied
from django.db.models import Model

from server.accounts.models import User
from server.accounts.requests import Request
from server.courses.models import Course
from server.courses.selectors import get_course


def taught_course(request: Request, slug: str, *, permission: str = "courses.teach") -> Course:
    """Return a course that this person teaches.

    Raises Http404 if the person does not teach it, PermissionDenied if the person's role lacks the permission.
    """
    course = get_course(request.user, slug, permission="courses.teach")
    require(request.user, permission, course)
    return course


def require(user: User, permission: str, thing: Model) -> None:
    """Raise PermissionDenied if somebody who can see a thing does not have this permission on it."""
    if not user.has_perm(permission, thing):
        raise PermissionDenied
