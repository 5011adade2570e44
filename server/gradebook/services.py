"""Every write to a grade. Each leaves a GradeChange that says who, when, why, old and new.

refresh         what was handed in changed: see what follows
decide          an instructor overrides, exempts or extends
undo            takes a decision back, unless another came after it
change_terms    the terms of an assignment changed, and so may every grade in it

And of the assignments themselves: `set_exercise` makes one, `withdraw` takes one away that nobody worked on.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import ProtectedError
from django.utils import timezone

from server.accounts.models import User
from server.gradebook.errors import Invalid, Overtaken
from server.gradebook.models import Action, Assignment, Grade, GradeChange
from server.gradebook.rules import Attempt, Decision, grade, points_that_count, terms_for
from server.gradebook.signals import grade_changed
from server.gradebook.states import DECIDED, decision_in, state_of

if TYPE_CHECKING:
    from server.submissions.models import Submission

RESULTS = ["counted", "raw", "penalty", "final", "used", "first_at", "last_at", "passed_after", "passed_at"]


@transaction.atomic
def refresh(
    assignment: Assignment,
    learners: Collection[User | int] | None = None,
    *,
    action: Action = Action.GRADED,
    why: str = "",
    by: User | None = None,
    now: datetime | None = None,
    undoes: GradeChange | None = None,
) -> list[GradeChange]:
    """Work out grades anew from what was handed in (everybody's where no learners are named); return what changed.

    Where nothing changed, nothing is written. `undoes` is the change that a single learner's new grade takes back.
    """
    whom = None if learners is None else {one.pk if isinstance(one, User) else one for one in learners}
    handed_in = _handed_in(assignment, whom)
    rows = {row.learner_id: row for row in _locked(assignment, whom)}
    fresh = [_row(assignment, learner) for learner in handed_in.keys() - rows.keys()]
    changes = []
    for row in [*rows.values(), *fresh]:
        before, results = state_of(row), _results(row)
        _work_out(row, assignment, handed_in[row.learner_id])
        if _results(row) != results:
            row.save(update_fields=[*RESULTS, "updated_at"])
        changes += _tell(row, before, action=action, why=why, by=by, now=now, undoes=undoes)
    return changes


@transaction.atomic
def decide(
    assignment: Assignment, learner: User, *, action: Action, by: User, why: str, **decided: Any
) -> GradeChange | None:
    """Override, exempt or extend for one learner; None where that changes nothing.

    `decided` are fields of `Decision`. Invalid without a reason, or with points outside of the assignment's.
    """
    if not why.strip():
        raise Invalid("Say why: the reason is kept with the grade.")
    row = _row(assignment, learner.pk)
    decision = replace(row.decision, **decided)
    _check(decision, assignment)
    return _apply(row, decision, action=action, by=by, why=why)


@transaction.atomic
def undo(change: GradeChange, *, by: User, why: str) -> GradeChange | None:
    """Bring back what was decided before a change; Overtaken where another decision came after it."""
    if not change.is_decision:
        raise Invalid("Only a decision can be undone. Override the grade instead.")
    row = _row(change.assignment, change.learner_id)
    # Asked under the lock: two people may press the button at once.
    if GradeChange.objects.filter(undoes=change).exists() or row.decision != decision_in(change.new):
        raise Overtaken("This grade was changed again since. Undo the later change first.")
    return _apply(row, decision_in(change.old), action=Action.UNDONE, by=by, why=why, undoes=change)


@transaction.atomic
def change_terms(assignment: Assignment, *, by: User | None, why: str = "The terms were changed.") -> list[GradeChange]:
    """Save an assignment whose fields were set, and bring every grade in it up to date; return the changes."""
    assignment.save()
    return refresh(assignment, action=Action.TERMS, by=by, why=why)


@transaction.atomic
def set_exercise(assignment: Assignment) -> Assignment:
    """Add an assignment to its course, after all the others; Invalid where its slug is taken there."""
    others = Assignment.objects.select_for_update().filter(course=assignment.course)
    if any(one.slug == assignment.slug for one in others):
        raise Invalid(f"This course has an assignment called {assignment.slug} already.")
    assignment.position = 1 + max((one.position for one in others), default=-1)
    assignment.save()
    return assignment


@transaction.atomic
def withdraw(assignment: Assignment) -> None:
    """Take an assignment out of its course; Invalid where anything was handed in or decided there, for that is kept."""
    try:
        assignment.delete()
    except ProtectedError:
        raise Invalid("Students have worked on this, so it stays. Let it close instead.") from None


def _check(decision: Decision, assignment: Assignment) -> None:
    # Written as "within", so that NaN is refused too.
    if decision.override is not None and not 0 <= decision.override <= assignment.points:
        raise Invalid(f"The points must lie between 0 and {assignment.points:g}.")


def _apply(
    row: Grade, decision: Decision, *, action: Action, by: User, why: str, undoes: GradeChange | None = None
) -> GradeChange | None:
    before = state_of(row)
    for name in DECIDED:
        setattr(row, name, getattr(decision, name))
    _work_out(row, row.assignment, _handed_in(row.assignment, {row.learner_id})[row.learner_id])
    row.save()
    return next(iter(_tell(row, before, action=action, why=why, by=by, undoes=undoes)), None)


def _row(assignment: Assignment, learner: int) -> Grade:
    row, _ = Grade.objects.select_for_update().get_or_create(assignment=assignment, learner_id=learner)
    row.assignment = assignment
    return row


def _locked(assignment: Assignment, learners: set[int] | None) -> list[Grade]:
    rows = Grade.objects.select_for_update().filter(assignment=assignment).order_by("pk")
    return list(rows if learners is None else rows.filter(learner__in=learners))


def _handed_in(assignment: Assignment, learners: set[int] | None) -> "dict[int, list[Submission]]":
    """Return the graded attempts of each learner, oldest first."""
    graded = assignment.submissions.graded_attempts()
    if learners is not None:
        graded = graded.filter(learner__in=learners)
    by_learner = defaultdict(list)
    for submission in graded.order_by("submitted_at", "pk").only("learner_id", "given", "max", "submitted_at"):
        by_learner[submission.learner_id].append(submission)
    return by_learner


def _work_out(row: Grade, assignment: Assignment, handed_in: "list[Submission]") -> None:
    """Set what follows from what was handed in and decided, unsaved."""
    attempts = [Attempt(submitted_at=one.submitted_at, fraction=one.fraction) for one in handed_in]
    result = grade(terms_for(assignment.terms, row.decision), attempts)
    row.counted = handed_in[result.counted] if result else None
    row.raw = result.raw if result else None
    row.penalty = result.penalty if result else None
    row.final = points_that_count(result, row.decision)
    row.used = len(attempts)
    row.first_at = attempts[0].submitted_at if attempts else None
    row.last_at = attempts[-1].submitted_at if attempts else None
    row.passed_after = next((place for place, one in enumerate(attempts, 1) if one.fraction >= 1), None)
    row.passed_at = attempts[row.passed_after - 1].submitted_at if row.passed_after else None


def _results(row: Grade) -> list[Any]:
    return [getattr(row, "counted_id" if name == "counted" else name) for name in RESULTS]


def _tell(
    row: Grade,
    before: dict[str, Any],
    *,
    action: Action,
    why: str,
    by: User | None,
    now: datetime | None = None,
    undoes: GradeChange | None = None,
) -> list[GradeChange]:
    after = state_of(row)
    if after == before:
        return []
    change = GradeChange.objects.create(
        assignment=row.assignment,
        learner_id=row.learner_id,
        by=by,
        at=now or timezone.now(),
        action=action,
        why=why,
        old=before,
        new=after,
        undoes=undoes,
    )
    grade_changed.send(sender=Grade, change=change)
    return [change]
