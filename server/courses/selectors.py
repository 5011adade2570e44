"""Reading courses. If a person cannot see a course, these functions raise Http404."""

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404

from server.accounts.models import User
from server.courses.models import Course
from server.courses.roles import Person
from server.courses.visibility import visible_people


def courses_of(user: User) -> QuerySet[Course]:
    """Return the courses that a person is in; an administrator is in all of them."""
    return Course.objects.all() if user.is_superuser else Course.objects.filter(members=user)


def get_course(user: Person, slug: str, *, permission: str = "courses.view") -> Course:
    """Return the course with this slug. Raises Http404 if the person lacks the permission."""
    course = get_object_or_404(Course, slug=slug)
    if not user.has_perm(permission, course):
        raise Http404
    return course


def get_person(viewer: User, course: Course, pk: int) -> User:
    """Return a member of a course whom a teacher can see. Raises Http404 for everybody else."""
    people = visible_people(viewer, course).enrollments
    return get_object_or_404(User, pk__in=people.filter(user=pk).values("user"))
