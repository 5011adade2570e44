"""Reading courses. If a person cannot see a course, these functions raise Http404."""

from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404

from server.accounts.models import User
from server.courses.models import Course, Enrollment, Role
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


def by_students() -> Exists:
    """Return a filter for rows with a `learner` and an `assignment`: the learner is a student of its course now.

    What staff try out and what former members did is kept, but statistics of a class leave it out.
    """
    enrolled = Enrollment.objects.filter(user=OuterRef("learner"), course=OuterRef("assignment__course"))
    return Exists(enrolled.filter(role=Role.STUDENT))
