"""Who can open an instructor's page. Everybody else gets a 404, as if the page did not exist."""

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.db.models import Model

from server.accounts.models import User
from server.accounts.requests import Request
from server.courses.models import Course, Section
from server.courses.rules import course_of
from server.courses.selectors import CourseArchived, get_course, lacks_open_course
from server.courses.visibility import VisiblePeople, visible_people

READING = frozenset({"GET", "HEAD", "OPTIONS"})


def taught_course(
    request: Request, slug: str, *, permission: str = "courses.teach", even_archived: bool = False
) -> Course:
    """Return a course that this person teaches.

    Raises Http404 if the person does not teach it, PermissionDenied if the person's role lacks the permission, and
    CourseArchived if the request can change something in an archived course, unless `even_archived`.
    """
    course = get_course(request.user, slug, permission="courses.teach")
    require(request.user, permission, course)
    if course.is_archived and request.method not in READING and not even_archived:
        raise CourseArchived(course)
    return course


@dataclass(frozen=True, kw_only=True, slots=True)
class SectionChoice:
    """The people that a page shows: of the section that was `chosen`, or all whom the person can see."""

    people: VisiblePeople
    sections: list[Section]
    chosen: Section | None


def section_choice(request: Request, course: Course) -> SectionChoice:
    """Return the people for a page whose address can end with `?section=KEY`. Other keys are ignored. One query."""
    people = visible_people(request.user, course)
    sections = list(people.sections)
    chosen = next((one for one in sections if str(one.pk) == request.GET.get("section")), None)
    return SectionChoice(people=people.in_section(chosen), sections=sections, chosen=chosen)


def require(user: User, permission: str, thing: Model) -> None:
    """Raise PermissionDenied if somebody who can see a thing does not have this permission on it.

    It is CourseArchived if only that is in the way.
    """
    if user.has_perm(permission, thing):
        return
    if lacks_open_course(user, permission, thing):
        raise CourseArchived(course_of(thing))
    raise PermissionDenied
