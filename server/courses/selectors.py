"""Reading courses. If a person cannot see a course, these functions raise Http404."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404

from server.accounts.models import User
from server.courses.models import Course, FormerEnrollment
from server.courses.roles import Person
from server.courses.rules import WHILE_OPEN, course_of
from server.courses.visibility import visible_people
from server.courses.zones import show_times_of


class CourseArchived(PermissionDenied):
    """Nothing was changed, because the course is archived. The text is for anybody who can see the course."""

    def __init__(self, course: Course) -> None:
        self.course = course
        super().__init__(archived_sentence(course))


def archived_sentence(course: Course) -> str:
    """Return why nothing can be changed in an archived course, and what to do."""
    return (
        f"{course.title} is archived: everything can be read, and nothing can be changed. "
        "An instructor can open it again."
    )


def courses_of(user: User) -> QuerySet[Course]:
    """Return the courses that a person is in, archived ones too; an administrator is in all of them."""
    return Course.objects.all() if user.is_superuser else Course.objects.filter(members=user)


def check_permission(user: Person, permission: str, thing: Any) -> None:
    """Raise Http404 if a person lacks a permission on a thing. If not, this request shows times in the course's zone.

    Raises CourseArchived if only that is in the way.
    """
    if user.has_perm(permission, thing):
        show_times_of(course_of(thing), user)
        return
    if lacks_open_course(user, permission, thing):
        raise CourseArchived(course_of(thing))
    raise Http404


def lacks_open_course(user: Person, permission: str, thing: Any) -> bool:
    """Whether a person would have a permission if the course of the thing were not archived."""
    who = WHILE_OPEN.get(permission)
    return who is not None and course_of(thing).is_archived and who.test(user, thing)


def get_course(user: Person, slug: str, *, permission: str = "courses.view") -> Course:
    """Return the course with this slug. Raises the errors of `check_permission`."""
    course = get_object_or_404(Course, slug=slug)
    check_permission(user, permission, course)
    return course


def get_person(viewer: User, course: Course, pk: int) -> User:
    """Return a member or former member of a course whom a teacher can see. Raises Http404 for everybody else."""
    people = visible_people(viewer, course)
    former = FormerEnrollment.objects.filter(people.about("user"), course=course)
    known = [rows.filter(user=pk).values("user") for rows in (people.enrollments, former)]
    return get_object_or_404(User, Q(pk__in=known[0]) | Q(pk__in=known[1]))


def is_former(user: User, course: Course) -> bool:
    """Whether a person is not in a course any more."""
    return not course.enrollments.filter(user=user).exists()
