"""Reading courses. If a person cannot see a course, these functions raise Http404."""

from django.db.models import Q, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404

from server.accounts.models import User
from server.courses.models import Course, FormerEnrollment
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
    """Return a member or former member of a course whom a teacher can see. Raises Http404 for everybody else."""
    people = visible_people(viewer, course)
    former = FormerEnrollment.objects.filter(people.about("user"), course=course)
    known = [rows.filter(user=pk).values("user") for rows in (people.enrollments, former)]
    return get_object_or_404(User, Q(pk__in=known[0]) | Q(pk__in=known[1]))


def is_former(user: User, course: Course) -> bool:
    """Whether a person is not in a course any more."""
    return not course.enrollments.filter(user=user).exists()
