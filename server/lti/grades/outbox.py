"""Records which scores the platforms should have, in the transaction in which a grade changes.

There is one row per column and person, and the latest score wins: it replaces a score that was not sent yet.
Only final grades of present students are recorded. If no submission counts (any more), nothing is sent: that would
delete the grade in the column; the grade that is still there is then listed as a difference.
"""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from server.courses.models import Enrollment, Role
from server.gradebook.models import Assignment, Grade, GradeChange
from server.lti.errors import NO_SCOPE
from server.lti.grades.explanations import NOT_A_STUDENT
from server.lti.models import Identity, LineItem, LmsCourse, Membership, Passback, PassbackState
from server.lti.publish import publish_send

HELD = "Results are held back. They are sent when they are released."


def on_grade(*, change: GradeChange, **_: Any) -> None:
    """Record a learner's new grade. Most assignments have no column, which one short query tells."""
    columns = LineItem.objects.filter(assignment=change.assignment_id)
    if columns.exists():
        update_passbacks(columns, learners=[change.learner_id])


def on_release(*, assignment: Assignment, **_: Any) -> None:
    """Send what was held back: the results of an assignment are released."""
    columns = LineItem.objects.filter(assignment=assignment)
    update_passbacks(columns)
    waiting = Passback.objects.select_for_update(of=("self",)).select_related("line_item__assignment")
    for row in waiting.filter(line_item__in=columns, state=PassbackState.WITHHELD, words=HELD).order_by("pk"):
        row.version += 1
        schedule(row)
        row.save()


def on_assignment(*, instance: Assignment, created: bool, **_: Any) -> None:
    """Record the scores again after an assignment changed: with another maximum they are other scores."""
    if not created:
        update_passbacks(LineItem.objects.filter(assignment=instance))


@transaction.atomic(savepoint=False)
def update_passbacks(line_items: QuerySet[LineItem], *, learners: Iterable[int] | None = None) -> None:
    """Update the scores that these columns should have, of all learners or some. Sends only what has changed.

    Columns that were dismissed get nothing.
    """
    for line_item in line_items.filter(dismissed_at=None).select_related("assignment", "lms_course__course"):
        if line_item.lms_course.course_id == line_item.assignment.course_id:
            _update_column(line_item, None if learners is None else set(learners))


def _update_column(line_item: LineItem, learners: set[int] | None) -> None:
    grades = Grade.objects.filter(assignment=line_item.assignment).select_related("counted")
    by_learner = {
        grade.learner_id: grade for grade in (grades if learners is None else grades.filter(learner__in=learners))
    }
    rows = {
        row.identity_id: row
        for row in Passback.objects.select_for_update().filter(line_item=line_item, identity__user__in=by_learner)
    }
    students = list(students_of(line_item, by_learner))
    for identity in students:
        _update(line_item, identity, by_learner[identity.user_id], rows.get(identity.pk))
    present = {identity.pk for identity in students}
    for key, row in rows.items():
        if key not in present and row.state in {PassbackState.PENDING, PassbackState.FAILED}:
            row.state, row.words = PassbackState.WITHHELD, NOT_A_STUDENT
            row.save(update_fields=["state", "words"])


def students_of(line_item: LineItem, users: Iterable[int]) -> QuerySet[Identity]:
    """Return those users who are students in the column's LMS course: only students have grades there.

    Nothing is sent about people who are not in our course now, nor about those who left the LMS course: it would
    refuse their scores.
    """
    there = Membership.objects.filter(lms_course=line_item.lms_course, gone_at=None).exclude(
        launch_role__in=[Role.TA, Role.INSTRUCTOR]
    )
    there = there.exclude(launch_role="", roster_role__in=[Role.TA, Role.INSTRUCTOR])
    here = Enrollment.objects.filter(course=line_item.assignment.course_id).values("user")
    theirs = Identity.objects.filter(user__in=users, pk__in=there.values("identity"))
    return theirs.filter(user__in=here)


def _update(line_item: LineItem, identity: Identity, grade: Grade, row: Passback | None) -> None:
    points, max_points = grade.final, line_item.assignment.points
    if row is None:
        if points is None:
            return
        row = Passback(line_item=line_item, identity=identity, version=0)
    elif (row.given, row.most) == (points, max_points):
        if row.state == PassbackState.WITHHELD:
            _go_on(row)
        return
    row.given, row.most = points, max_points
    row.submitted_at = grade.counted.submitted_at if grade.counted else None
    row.version += 1
    schedule(row)
    row.save()


def _go_on(row: Passback) -> None:
    """Send a score that was withheld because its person was not a student for a while."""
    if row.sent_at is not None and (row.sent_given, row.sent_most) == (row.given, row.most):
        row.state, row.words = PassbackState.SENT, ""
    else:
        schedule(row)
    row.save()


@transaction.atomic
def retry_without_scope(lms_course: LmsCourse) -> None:
    """Send the scores again that the platform did not let us send, now that it gives us other permissions."""
    refused = Passback.objects.select_for_update().filter(line_item__lms_course=lms_course, state=PassbackState.FAILED)
    for row in refused.filter(words__contains=NO_SCOPE):
        schedule(row)
        row.save()


def schedule(row: Passback) -> None:
    """Make a row due now, or withheld if there is nothing to send. Does not save the row."""
    row.tried, row.words, row.due_at = 0, "", timezone.now()
    row.state = PassbackState.PENDING
    if row.given is None:
        row.state, row.words = (
            PassbackState.WITHHELD,
            "No submission counts any more. The grade that was sent before stays in the LMS.",
        )
    elif row.most <= 0:
        row.state, row.words = PassbackState.WITHHELD, "The assignment has no points."
    elif row.line_item.assignment.results_held:
        row.state, row.words = PassbackState.WITHHELD, HELD
    if row.state == PassbackState.PENDING:
        transaction.on_commit(lambda: publish_send(row.pk))
