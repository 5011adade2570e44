"""Moves the grades of one account to another: two accounts turned out to be one person."""

from dataclasses import replace

from django.db.models import QuerySet

from server.accounts.models import User
from server.gradebook.models import Accommodation, Action, Assignment, Grade, GradeChange
from server.gradebook.rules import Decision
from server.gradebook.services import join, refresh


def combined(one: Decision, other: Decision) -> Decision:
    """Return one decision with the more generous terms of both. Two overrides that differ must be settled before."""
    moments = {
        name: max((at for at in (getattr(one, name), getattr(other, name)) if at), default=None)
        for name in ("due_at", "closes_at")
    }
    return replace(
        one,
        override=other.override if one.override is None else one.override,
        exempt=one.exempt or other.exempt,
        extra_attempts=max(one.extra_attempts, other.extra_attempts),
        **moments,
    )


def conflicts(gone: User, kept: User) -> list[Assignment]:
    """Return the assignments in which both accounts have points that were set by hand, and different ones."""
    theirs = Grade.objects.filter(learner__in=[gone, kept], override__isnull=False).select_related("assignment__course")
    by_assignment: dict[Assignment, set[float | None]] = {}
    for grade in theirs:
        by_assignment.setdefault(grade.assignment, set()).add(grade.override)
    return [assignment for assignment, points in by_assignment.items() if len(points) > 1]


def merge_grades(gone: User, kept: User, *, by: User) -> None:
    """Move grades and their history, and compute what counts again from the attempts of both.

    The submissions must have been moved before. For callers inside a transaction that has locked both accounts.
    """
    _move_history(gone, kept)
    _move_accommodations(gone, kept)
    why = f"The account {gone.username} was merged into this one."
    for row in (
        Grade.objects.select_for_update().filter(learner=gone).select_related("assignment__course").order_by("pk")
    ):
        mine = Grade.objects.select_for_update().filter(learner=kept, assignment=row.assignment).first()
        decision = row.decision
        if mine is None:
            row.learner = kept
            row.save(update_fields=["learner", "updated_at"])
            refresh(row.assignment, [kept], action=Action.MERGED, by=by, why=why)
        else:
            row.delete()
            join(mine, combined(mine.decision, decision), by=by, why=why)


def _move_accommodations(gone: User, kept: User) -> None:
    """Give the kept account the more generous time of both in each course."""
    for row in Accommodation.objects.select_for_update().filter(learner=gone):
        mine = Accommodation.objects.select_for_update().filter(learner=kept, course=row.course_id).first()
        if mine is None:
            row.learner = kept
            row.save(update_fields=["learner"])
        else:
            mine.extra_days = max(mine.extra_days, row.extra_days)
            mine.time_factor = max(mine.time_factor, row.time_factor)
            mine.save(update_fields=["extra_days", "time_factor"])
            row.delete()


def _move_history(gone: User, kept: User) -> None:
    # The record of changes cannot be changed through its own manager; here only the person's account has another key.
    history: QuerySet[GradeChange] = QuerySet(GradeChange)
    history.filter(learner=gone).update(learner=kept)
    history.filter(by=gone).update(by=kept)
