"""The roles of a person in courses, and the sections to which an assistant is limited. Cached for a request.

A request asks for them many times, so they are kept on its user object.
"""

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import OuterRef, QuerySet, Subquery

from server.accounts.models import User
from server.courses.models import AssistantLimit, Course, Enrollment, Role

Person = User | AnonymousUser


def role_in(user: Person, course: Course) -> Role | None:
    """Return the role of a person in a course; administrators count as instructors. One query per person and course."""
    if not isinstance(user, User) or not user.is_active:
        return None
    if user.is_superuser:
        return Role.INSTRUCTOR
    known = _kept(user, "_roles")
    if course.pk not in known:
        role = Enrollment.objects.filter(user=user, course=course).values_list("role", flat=True).first()
        known[course.pk] = Role(role) if role else None
    return known[course.pk]


def view_as_student(user: User, course: Course) -> bool:
    """Treat somebody who teaches a course as its student, until the end of this request; return if they teach it.

    It gives nobody more rights: people outside of the course, and students, stay what they are. Administrators, too:
    their rights do not come from a role.
    """
    if user.is_superuser or role_in(user, course) in {None, Role.STUDENT}:
        return False
    _kept(user, "_roles")[course.pk] = Role.STUDENT
    return True


def with_roles(user: User, courses: QuerySet[Course]) -> Sequence[Course]:
    """Read courses, and a person's role in each, with one query: `role_in` needs none for them afterwards."""
    theirs = Enrollment.objects.filter(user=user, course=OuterRef("pk")).order_by().values("role")
    found = list(courses.annotate(role=Subquery(theirs)))
    known = _kept(user, "_roles")
    known.update({course.pk: Role(course.role) if course.role else None for course in found})
    return found


def with_role(user: Person, rows: QuerySet[Any]) -> QuerySet[Any]:
    """Annotate rows that belong to a course with a person's role in it, for `remember_role`."""
    who = user if isinstance(user, User) else None
    theirs = Enrollment.objects.filter(user=who, course=OuterRef("course")).order_by().values("role")
    return rows.annotate(role=Subquery(theirs))


def remember_role(user: Person, row: Any) -> None:
    """Keep the role on a row from `with_role`: `role_in` needs no query for it afterwards."""
    if isinstance(user, User):
        _kept(user, "_roles").setdefault(row.course_id, Role(row.role) if row.role else None)


def limits_in(user: Person, course: Course) -> frozenset[int] | None:
    """Return the keys of the sections to which an assistant is limited; None for all others. One query at most."""
    if role_in(user, course) is not Role.TA or not isinstance(user, User):
        return None
    known = _kept(user, "_limits")
    if course.pk not in known:
        sections = AssistantLimit.objects.filter(user=user, course=course).values_list("section", flat=True)
        known[course.pk] = frozenset(sections)
    return known[course.pk] or None


def _kept(user: User, name: str) -> dict[int, Any]:
    """Return what is kept on a user object. A request's user is a proxy, so its own `__dict__` is not the user's."""
    known: dict[int, Any] | None = getattr(user, name, None)
    if known is None:
        known = {}
        setattr(user, name, known)
    return known
