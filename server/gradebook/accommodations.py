"""More time for some people at once. Each change has a reason, and leaves an entry in the audit log for each person.

set_more_time   in every assignment of a course, later ones included
extend          in chosen assignments, so many calendar days after the due date of each
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from math import isfinite

from django.core.exceptions import ValidationError
from django.db import transaction

from server.accounts.models import User
from server.audit.models import AuditAction
from server.audit.services import record
from server.common.local_times import days_after
from server.courses.models import Course
from server.gradebook.errors import Invalid
from server.gradebook.models import MOST_EXTRA_DAYS, Accommodation, Action, Assignment, GradeChange
from server.gradebook.rules import Decision, MoreTime, terms_for
from server.gradebook.selectors import more_time_in
from server.gradebook.services import decide, refresh_course
from server.gradebook.signals import accommodated

NONE = MoreTime()


@transaction.atomic
def set_more_time(course: Course, learners: Collection[User], more: MoreTime, *, by: User, why: str) -> int:
    """Give learners additional time in every assignment of a course; return for how many this changes something.

    It replaces what they had; no days and the factor 1 take it away. Their grades are computed again. Raises Invalid
    without a reason or a learner, or if the time is out of range.
    """
    _require(learners, why)
    former = {row.learner_id: row for row in Accommodation.objects.select_for_update().filter(course=course)}
    changed = [one for one in learners if more != (former[one.pk].rule if one.pk in former else NONE)]
    for learner in changed:
        row = former.get(learner.pk) or Accommodation(course=course, learner=learner)
        before = row.rule
        row.extra_days, row.time_factor, row.why, row.by = more.days, more.factor, why.strip(), by
        _check(row)
        if more != NONE:
            row.save()
        else:
            row.delete()
        record(
            AuditAction.ACCOMMODATED,
            course=course,
            by=by,
            about=learner,
            before=in_words(before),
            after=in_words(more),
            why=why.strip(),
        )
        accommodated.send(sender=Accommodation, course=course, learner=learner, more=more, by=by)
    if changed:
        refresh_course(course, [one.pk for one in changed], by=by, why=why.strip())
    return len(changed)


@transaction.atomic
def extend(
    assignments: Sequence[Assignment], learners: Collection[User], *, days: int, by: User, why: str
) -> list[GradeChange]:
    """Give learners so many calendar days after the due date of each assignment; return the changes.

    A later date that a learner has already stays. All or nothing: raises Invalid without a reason, a learner or an
    assignment with a due date, or if a new date would be in the past.
    """
    _require(learners, why)
    if not 1 <= days <= MOST_EXTRA_DAYS:
        raise Invalid(f"Give from 1 to {MOST_EXTRA_DAYS} days.")
    dated = [one for one in assignments if one.due_at is not None]
    if not dated:
        raise Invalid("Choose an assignment that has a due date.")
    made = []
    for assignment in dated:
        more = more_time_in(assignment.course, [one.pk for one in learners])
        grades = {grade.learner_id: grade for grade in assignment.grades.filter(learner__in=learners)}
        for learner in learners:
            due_at = _extended(assignment, more[learner.pk], days)
            own = grades[learner.pk].due_at if learner.pk in grades else None
            if own is None or own < due_at:
                made.append(_decide(assignment, learner, due_at, by=by, why=why))
    return [change for change in made if change is not None]


def in_words(more: MoreTime) -> str:
    """Return additional time in words: "3 days more and 1.5 times the time"; "none" if there is none."""
    days = f"{more.days} day{'' if more.days == 1 else 's'} more" if more.days else ""
    factor = f"{more.factor:g} times the time" if more.factor != 1 else ""
    return " and ".join(filter(None, [days, factor])) or "none"


def _require(learners: Collection[User], why: str) -> None:
    if not why.strip():
        raise Invalid("Give a reason: it is kept with the grades.")
    if not learners:
        raise Invalid("Choose at least one person.")


def _check(row: Accommodation) -> None:
    if not isfinite(row.time_factor):
        raise Invalid("The factor must be a number.")
    try:
        row.clean_fields(exclude=["course", "learner", "by"])
    except ValidationError as error:
        raise Invalid(" ".join(error.messages)) from None


def _extended(assignment: Assignment, more: MoreTime, days: int) -> datetime:
    due_at = terms_for(assignment.terms, Decision(), more).due_at
    assert due_at is not None
    return days_after(due_at, days, assignment.course.zone)


def _decide(assignment: Assignment, learner: User, due_at: datetime, *, by: User, why: str) -> GradeChange | None:
    try:
        return decide(assignment, learner, action=Action.EXTENDED, by=by, why=why, due_at=due_at)
    except Invalid as error:
        raise Invalid(f"{assignment.title}, {learner.display_name}: {error}") from None
