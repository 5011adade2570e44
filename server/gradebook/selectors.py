"""Reading assignments and grades."""

from django.shortcuts import get_object_or_404

from server.accounts.models import User
from server.courses.roles import Person
from server.courses.selectors import check_permission
from server.gradebook.models import Assignment, Grade
from server.gradebook.rules import Decision, Terms, terms_for


def get_assignment(user: Person, course: str, slug: str, *, permission: str = "courses.view") -> Assignment:
    """Return an assignment by the slugs of its course and its own. Raises the errors of `check_permission`."""
    assignment = get_object_or_404(Assignment.objects.select_related("course"), course__slug=course, slug=slug)
    check_permission(user, permission, assignment)
    return assignment


def grade_in(assignment: Assignment, learner: User) -> Grade | None:
    """Return a learner's grade in an assignment; None if nothing was handed in or decided."""
    return Grade.objects.filter(assignment=assignment, learner=learner).first()


def terms_of(assignment: Assignment, learner: User) -> Terms:
    """Return the terms of an assignment as they hold for a learner."""
    return terms_with(assignment, grade_in(assignment, learner))


def terms_with(assignment: Assignment, grade: Grade | None) -> Terms:
    """Return the terms of an assignment for a learner with this grade; None if the learner has no grade yet."""
    return terms_for(assignment.terms, grade.decision if grade else Decision())
