"""Noting which scores the platforms should have, in the transaction in which a grade changes.

There is one row per column and person, and the latest wins: what was not sent yet is replaced, never queued up behind.
Only final grades of students get here. Where nothing counts (any more), nothing is sent: to say so would wipe the
column, and what stands there is then listed as a difference.
"""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from server.courses.models import Role
from server.gradebook.models import Assignment, Grade, GradeChange
from server.lti.models import Identity, LineItem, Membership, Passback, PassbackState


def on_grade(*, change: GradeChange, **_: Any) -> None:
    """Note that a learner's grade changed."""
    note(LineItem.objects.filter(assignment=change.assignment_id), learners=[change.learner_id])


def on_terms(*, instance: Assignment, created: bool, **_: Any) -> None:
    """Note that the terms of an assignment changed: the same points of another maximum are another score."""
    if not created:
        note(LineItem.objects.filter(assignment=instance))


@transaction.atomic
def note(line_items: QuerySet[LineItem], *, learners: Iterable[int] | None = None) -> None:
    """Bring what these columns should hold up to date; what is as it was is left alone."""
    for line_item in line_items.select_related("assignment", "lms_course__course"):
        if line_item.lms_course.course_id == line_item.assignment.course_id:
            _note_column(line_item, None if learners is None else set(learners))


def _note_column(line_item: LineItem, learners: set[int] | None) -> None:
    grades = Grade.objects.filter(assignment=line_item.assignment).select_related("counted")
    by_learner = {
        grade.learner_id: grade for grade in (grades if learners is None else grades.filter(learner__in=learners))
    }
    rows = {
        row.identity_id: row
        for row in Passback.objects.select_for_update().filter(line_item=line_item, identity__user__in=by_learner)
    }
    for identity in students_of(line_item, by_learner):
        _note(line_item, identity, by_learner[identity.user_id], rows.get(identity.pk))


def students_of(line_item: LineItem, users: Iterable[int]) -> QuerySet[Identity]:
    """Return those of some people who are students in the column's LMS course: nobody else has a cell there."""
    there = Membership.objects.filter(lms_course=line_item.lms_course).exclude(
        launch_role__in=[Role.TA, Role.INSTRUCTOR]
    )
    there = there.exclude(launch_role="", roster_role__in=[Role.TA, Role.INSTRUCTOR])
    return Identity.objects.filter(user__in=users, pk__in=there.values("identity"))


def _note(line_item: LineItem, identity: Identity, grade: Grade, row: Passback | None) -> None:
    given, most = grade.final, line_item.assignment.points
    if row is None:
        if given is None:
            return
        row = Passback(line_item=line_item, identity=identity, version=0)
    elif (row.given, row.most) == (given, most):
        return
    row.given, row.most = given, most
    row.submitted_at = grade.counted.submitted_at if grade.counted else None
    row.version += 1
    due(row)
    row.save()


def due(row: Passback) -> None:
    """Have a row sent as soon as may be, unsaved; withheld where there is nothing that may be sent."""
    row.tried, row.words, row.due_at = 0, "", timezone.now()
    row.state = PassbackState.PENDING
    if row.given is None:
        row.state, row.words = PassbackState.WITHHELD, "Nothing counts any more; what was sent before stays there."
    elif row.most <= 0:
        row.state, row.words = PassbackState.WITHHELD, "The assignment has no points."
    if row.state == PassbackState.PENDING:
        transaction.on_commit(lambda: _send(row))


def _send(row: Passback) -> None:
    from server.lti.tasks import send_soon  # noqa: PLC0415 the tasks need the sending, which needs the models

    send_soon(row.pk)
