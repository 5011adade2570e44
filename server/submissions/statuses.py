"""How a learner stands with assignments: attempts, grade and terms, together."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from server.accounts.models import User
from server.courses.models import Course
from server.courses.roles import Person
from server.gradebook.held_results import hides_results
from server.gradebook.models import Assignment, Grade
from server.gradebook.rules import MoreTime, Terms
from server.gradebook.selectors import more_time_of, terms_with, with_numbered_titles
from server.submissions.masking import masked
from server.submissions.models import Kind, State, Submission


@dataclass(frozen=True, kw_only=True, slots=True)
class AssignmentStatus:
    """How a learner stands with an assignment. `used` counts the attempts; `passed` means every point at least once.

    `terms` are those that hold for this learner. `grade` is None if nothing counts yet; `counted` is the attempt that
    the grade comes from, if there is one. `last_at` is when the last attempt that counts was handed in. Test runs play
    no part in any of it. If `held`, the results are held back from the reader: there is no grade and nothing is passed.
    """

    assignment: Assignment
    learner: User
    terms: Terms
    grade: Grade | None
    exempt: bool
    used: int
    waiting: bool
    passed: bool
    last_at: datetime | None = None
    counted: Submission | None = None
    held: bool = False

    @property
    def tried(self) -> bool:
        """Whether the learner handed in an attempt that counts, or one that still waits for its result."""
        return self.used > 0 or self.waiting

    @property
    def opens_later(self) -> datetime | None:
        """When it opens for the learner, if that is in the future."""
        opens = self.terms.opens_at
        return opens if opens is not None and opens > timezone.now() else None

    def is_to_do(self, now: datetime) -> bool:
        """Whether the learner can still work on it: it is open, not passed, and not waiting for a result."""
        opens, closes = self.terms.opens_at, self.terms.closes_at
        is_open = (opens is None or opens <= now) and (closes is None or now < closes)
        return is_open and not (self.passed or self.waiting or self.exempt or (self.held and self.tried))


def statuses(learner: User, course: Course, *, reader: Person | None = None) -> list[AssignmentStatus]:
    """Return how a learner stands with every assignment of a course but the drafts, in the course's order.

    `reader` is who will see it: the learner, if nobody else is named. Four queries.
    """
    reader = reader or learner
    submissions = defaultdict(list)
    own = Submission.objects.filter(learner=learner, assignment__course=course, kind=Kind.SUBMIT)
    for submission in own.only("assignment_id", "kind", "state", "cancel_cost", "given", "max", "submitted_at"):
        submissions[submission.assignment_id].append(submission)
    grades = {grade.assignment_id: grade for grade in Grade.objects.filter(learner=learner, assignment__course=course)}
    assignments = course.assignments.published().select_related("course")
    more = more_time_of(course, learner)
    titled = with_numbered_titles(list(assignments))
    return [status_of(one, learner, submissions[one.pk], grades.get(one.pk), more, reader=reader) for one in titled]


def next_exercise(learner: User, assignment: Assignment) -> Assignment | None:
    """Return the next open exercise of the course, in its order, that a learner has not passed; None if there is none.

    After the last one it starts again from the first.
    """
    every = statuses(learner, assignment.course)
    place = next((i for i, status in enumerate(every) if status.assignment.pk == assignment.pk), -1)
    now = timezone.now()
    in_turn = [status for status in every[place + 1 :] + every[: max(place, 0)] if status.is_to_do(now)]
    return in_turn[0].assignment if in_turn else None


def status_of(
    assignment: Assignment,
    learner: User,
    submissions: list[Submission],
    grade: Grade | None,
    more: MoreTime,
    *,
    reader: Person,
) -> AssignmentStatus:
    """Return how a learner stands with one assignment, given what they handed in for it, their grade and their time."""
    held = hides_results(reader, assignment)
    submissions = [submission for submission in submissions if submission.kind == Kind.SUBMIT]
    for submission in submissions:
        submission.assignment = assignment
    submissions = masked(submissions, reader)
    return AssignmentStatus(
        assignment=assignment,
        learner=learner,
        terms=terms_with(assignment, learner, grade, more),
        grade=grade if grade and grade.final is not None and not held else None,
        counted=next((one for one in submissions if grade and one.pk == grade.counted_id and not held), None),
        exempt=bool(grade and grade.exempt),
        used=sum(submission.counts for submission in submissions),
        waiting=any(submission.is_open for submission in submissions),
        passed=any(submission.state == State.GRADED and submission.fraction >= 1 for submission in submissions),
        last_at=max((submission.submitted_at for submission in submissions if submission.counts), default=None),
        held=held,
    )
