"""Reading assignments and grades."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404

from server.accounts.models import User
from server.courses.models import Course
from server.courses.rules import Person
from server.gradebook.models import Assignment, Grade, GradeChange
from server.gradebook.rules import Decision, Terms, terms_for
from server.gradebook.states import BLANK, state_of
from server.submissions.models import Kind, State, Submission


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """How a learner stands with an assignment. `used` counts the attempts; `passed` means every point at least once.

    `terms` are those that hold for this learner; `grade` is None where nothing counts yet, and `counted` is the attempt
    that it comes from, if any; `last_at` is when the last attempt that counts was handed in. Checks play no part in any
    of it.
    """

    assignment: Assignment
    terms: Terms
    grade: Grade | None
    exempt: bool
    used: int
    waiting: bool
    passed: bool
    last_at: datetime | None = None
    counted: Submission | None = None

    @property
    def tried(self) -> bool:
        """Whether anything was handed in that counts, or is about to."""
        return self.used > 0 or self.waiting


def get_assignment(user: Person, course: str, slug: str, *, permission: str = "courses.view") -> Assignment:
    """Return an assignment by the slugs of its course and its own; Http404 where the person lacks the permission."""
    assignment = get_object_or_404(Assignment.objects.select_related("course"), course__slug=course, slug=slug)
    if not user.has_perm(permission, assignment):
        raise Http404
    return assignment


def standings(learner: User, course: Course) -> list[Standing]:
    """Return how a learner stands with every assignment of a course, in the course's order. Three queries."""
    submissions = defaultdict(list)
    own = Submission.objects.filter(learner=learner, assignment__course=course, kind=Kind.SUBMIT)
    for submission in own.only("assignment_id", "kind", "state", "given", "max", "submitted_at"):
        submissions[submission.assignment_id].append(submission)
    grades = {grade.assignment_id: grade for grade in Grade.objects.filter(learner=learner, assignment__course=course)}
    assignments = course.assignments.select_related("course")
    return [standing(one, submissions[one.pk], grades.get(one.pk)) for one in assignments]


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
    return _terms(assignment, grade_in(assignment, learner))


def _terms(assignment: Assignment, grade: Grade | None) -> Terms:
    return terms_for(assignment.terms, grade.decision if grade else Decision())


def standing(assignment: Assignment, submissions: list[Submission], grade: Grade | None) -> Standing:
    """Return how a learner stands with one assignment, given what they handed in for it and their grade."""
    submissions = [submission for submission in submissions if submission.kind == Kind.SUBMIT]
    return Standing(
        assignment=assignment,
        terms=_terms(assignment, grade),
        grade=grade if grade and grade.final is not None else None,
        counted=next((one for one in submissions if grade and one.pk == grade.counted_id), None),
        exempt=bool(grade and grade.exempt),
        used=sum(submission.counts for submission in submissions),
        waiting=any(submission.is_open for submission in submissions),
        passed=any(submission.state == State.GRADED and submission.fraction >= 1 for submission in submissions),
        last_at=max((submission.submitted_at for submission in submissions if submission.counts), default=None),
    )
