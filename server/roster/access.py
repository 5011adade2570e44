"""Which person a page about a member of a course is about."""

from django.http import Http404

from server.accounts.models import User
from server.accounts.requests import Request
from server.courses.access import taught_course
from server.courses.models import Course
from server.courses.visibility import visible_people
from server.roster import selectors


def person_to_change(request: Request, slug: str, pk: int) -> tuple[Course, User]:
    """Return a course and one of its members, or former members, for a change by the user.

    Raises what `taught_course` raises, and Http404 if the user does not see this person.
    """
    course = taught_course(request, slug, permission="roster.import")
    found = selectors.person(visible_people(request.user, course), pk)
    if found is None:
        raise Http404
    return course, found[0]
