"""Reading courses. If a person cannot see a course, these functions raise Http404."""

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404

from server.accounts.models import User
from server.courses.models import Course
from server.courses.rules import Person


def courses_of(user: User) -> QuerySet[Course]:
    """Return the courses that a person is in; an administrator is in all of them."""
    return Course.objects.all() if user.is_superuser else Course.objects.filter(members=user)


def get_course(user: Person, slug: str, *, permission: str = "courses.view") -> Course:
    """Return the course with this slug. Raises Http404 if the person lacks the permission."""
    course = get_object_or_404(Course, slug=slug)
    if not user.has_perm(permission, course):
        raise Http404
    return course
