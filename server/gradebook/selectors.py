"""Reading assignments and grades."""

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404

from server.accounts.models import User
from server.courses.rules import Person
from server.gradebook.models import Assignment, Grade, GradeChange
from server.gradebook.rules import Decision, Terms, terms_for
from server.gradebook.states import BLANK, state_of


def get_assignment(user: Person, course: str, slug: str, *, permission: str = "courses.view") -> Assignment:
    """Return an assignment by the slugs of its course and its own; Http404 where the person lacks the permission."""
    assignment = get_object_or_404(Assignment.objects.select_related("course"), course__slug=course, slug=slug)
    if not user.has_perm(permission, assignment):
        raise Http404
    return assignment


def unrecorded(grades: QuerySet[Grade]) -> list[Grade]:
    """Return those grades whose points or decisions are not what the record of their changes says. Two queries.

    There are none, unless somebody wrote into the database around `server.gradebook.services`.
    """
    found = list(grades)
    changes = GradeChange.objects.filter(assignment__in={grade.assignment_id for grade in found}).order_by("pk")
    recorded = {(change.assignment_id, change.learner_id): change.new for change in changes}
    return [grade for grade in found if state_of(grade) != recorded.get((grade.assignment_id, grade.learner_id), BLANK)]


def grade_in(assignment: Assignment, learner: User) -> Grade | None:
    """Return a learner's grade in an assignment; None where nothing was handed in or decided."""
    return Grade.objects.filter(assignment=assignment, learner=learner).first()


def terms_of(assignment: Assignment, learner: User) -> Terms:
    """Return the terms of an assignment as they hold for a learner."""
    return terms_with(assignment, grade_in(assignment, learner))


def terms_with(assignment: Assignment, grade: Grade | None) -> Terms:
    """Return the terms of an assignment for a learner with this grade; None if the learner has no grade yet."""
    return terms_for(assignment.terms, grade.decision if grade else Decision())
