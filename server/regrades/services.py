"""Every write to a regrade.

start       begin a preview: a rerun for each submission
record      record the report of a rerun
apply       replace the old scores with the new ones
discard     end a preview without changes
revert      take an applied regrade back
take_back   take an applied regrade back for one student and assignment

`apply` and `revert` skip a score that changed since the preview began.
"""

import secrets
from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from grader.protocol.reports import Report
from server.accounts.models import User
from server.audit import services as audit
from server.audit.models import AuditAction
from server.common.reports import is_about, read_report
from server.courses.models import Course
from server.gradebook.models import Action, Assignment, Grade, GradeChange
from server.gradebook.services import refresh
from server.regrades import dispatch, turns
from server.regrades.errors import RegradeError
from server.regrades.models import Regrade, RegradeScope, Rerun, Stage
from server.regrades.signals import regrade_applied
from server.submissions.models import Kind, State, Submission
from server.submissions.queue.dispatch import RUNTIMES
from server.submissions.services import rescore, state_after


@transaction.atomic
def start(
    course: Course,
    assignments: Iterable[Assignment],
    *,
    by: User,
    why: str,
    scope: RegradeScope = RegradeScope.ALL,
    only: Submission | None = None,
) -> Regrade:
    """Begin a preview. Raises RegradeError without a reason, or if there is nothing to grade again.

    With `only`, a submission to one of the assignments, nothing else is graded again.
    """
    chosen = {assignment.pk: assignment for assignment in assignments}
    if not why.strip():
        raise RegradeError("Give a reason: it is kept with every grade that changes.")
    scope = RegradeScope.ONE if only else scope
    submissions = [one for one in _submissions(chosen, scope) if only is None or one.pk == only.pk]
    if not submissions:
        raise RegradeError("No submission was graded there yet.")
    regrade = Regrade.objects.create(course=course, by=by, why=why.strip(), scope=scope)
    regrade.assignments.set(chosen)
    Rerun.objects.bulk_create((_rerun(regrade, one, chosen[one.assignment_id]) for one in submissions), batch_size=200)
    _audit(AuditAction.REGRADE_STARTED, regrade, by=by, after=_count(len(submissions), "submission"), why=why.strip())
    dispatch.begin_after_commit(regrade)
    return regrade


def _submissions(assignments: dict[int, Assignment], scope: RegradeScope) -> Iterable[Submission]:
    rows = Submission.objects.filter(assignment__in=assignments, kind=Kind.SUBMIT, state__in=_GRADED)
    if scope == RegradeScope.COUNTED:
        rows = rows.filter(pk__in=Grade.objects.filter(assignment__in=assignments).values("counted"))
    if scope == RegradeScope.OUTDATED:
        for one in assignments.values():
            rows = rows.exclude(assignment=one, digest=one.content.digest)
    # Code that was deleted after its time cannot be graded again.
    return rows.exclude(source="").order_by("submitted_at", "pk").defer("source")


_GRADED = (State.GRADED, State.UNGRADABLE)


def _rerun(regrade: Regrade, submission: Submission, assignment: Assignment) -> Rerun:
    return Rerun(
        regrade=regrade,
        submission=submission,
        digest=assignment.content.digest,
        library=assignment.library,
        runtime=submission.runtime,
        old_state=submission.state,
        old_given=submission.given,
        old_max=submission.max,
        old_digest=submission.digest,
        old_library=submission.library,
        old_report=submission.report,
    )


@transaction.atomic
def record(*, submission: str, token: str, report: dict[str, Any]) -> bool:
    """Save a rerun's report, once; False if it is refused. `submission` is the id in the job: that of the rerun."""
    row = Rerun.objects.select_for_update().select_related("submission").filter(pk=submission).first()
    read = read_report(report)
    if row is None or row.state != State.QUEUED or not secrets.compare_digest(row.token, token):
        return False
    exercise = row.submission.exercise
    if read is None or not is_about(read, exercise=exercise, digest=row.digest, library=row.library):
        return False
    row.state, row.report = state_after(read), report
    row.given, row.max = (None, None) if row.state == State.UNGRADABLE else (read.points, read.max_points)
    row.changes = (row.state, row.given, row.max) != (row.old_state, row.old_given, row.old_max)
    row.save(update_fields=["state", "report", "given", "max", "changes"])
    turns.fill_after_commit(row.runtime)
    return True


@transaction.atomic
def record_failure(*, rerun: str, token: str) -> None:
    """Record that a grader failed: `reconcile` tries again after a wait that doubles."""
    row = Rerun.objects.select_for_update().filter(pk=rerun, state=State.QUEUED, token=token).first()
    if row is not None:
        wait = timedelta(seconds=settings.GRADING_BACKOFF * 2 ** max(row.tries - 1, 0))
        row.leased_until = timezone.now() + wait
        row.save(update_fields=["leased_until"])


@transaction.atomic
def apply(regrade: Regrade, *, by: User) -> list[GradeChange]:
    """Replace the old scores with the new ones, all or none; return the changed grades."""
    row = _locked(regrade, Stage.PREVIEW, "Only a preview can be applied.")
    if row.reruns.filter(state=State.QUEUED).exists():
        raise RegradeError("Some submissions still wait for a grader.")
    touched = defaultdict(set)
    for rerun in _reported(row):
        if _is_unchanged(rerun, rerun.old_state, rerun.old_given, rerun.old_digest) and _differs(rerun):
            _replace_report(rerun.submission, rerun.report, rerun.digest, rerun.library)
            touched[rerun.submission.assignment_id].add(rerun.submission.learner_id)
    changes = _refresh(row, touched, by=by, why=row.why)
    row.changes.set(changes)
    _finish(row, Stage.APPLIED)
    _audit(AuditAction.REGRADE_APPLIED, row, by=by, after=_changed(changes), why=row.why)
    regrade_applied.send(sender=Regrade, regrade=row, changes=changes)
    return changes


@transaction.atomic
def revert(regrade: Regrade, *, by: User, why: str) -> list[GradeChange]:
    """Restore the scores from before an applied regrade; return the changed grades."""
    row = _locked(regrade, Stage.APPLIED, "Only an applied regrade can be taken back.")
    changes = _refresh(row, _restore(_reported(row)), by=by, why=why)
    _finish(row, Stage.REVERTED)
    _audit(AuditAction.REGRADE_REVERTED, row, by=by, after=_changed(changes), why=why)
    return changes


@transaction.atomic
def take_back(change: GradeChange, *, by: User, why: str) -> GradeChange | None:
    """Restore the scores behind one change of an applied regrade; None if the grade stays the same.

    Raises RegradeError if no applied regrade made the change, it was taken back already, or the scores changed since.
    """
    if not why.strip():
        raise RegradeError("Give a reason: it is kept with the grade.")
    found = Regrade.objects.filter(changes=change, state=Stage.APPLIED).first()
    if found is None:
        raise RegradeError("There is no applied regrade behind this change.")
    row = _locked(found, Stage.APPLIED, "This regrade was taken back as a whole.")
    own = {"submission__learner": change.learner_id, "submission__assignment": change.assignment_id}
    if not _restore(_reported(row, **own)):
        raise RegradeError("These scores were changed again since, or taken back already.")
    changes = refresh(
        change.assignment, [change.learner_id], action=Action.UNDONE, why=why.strip(), by=by, undoes=change
    )
    _audit(AuditAction.REGRADE_UNDONE, row, by=by, about=change.learner, why=why.strip())
    return next(iter(changes), None)


def _restore(reruns: Iterable[Rerun]) -> dict[int, set[int]]:
    """Restore the old reports if the new ones are still in place; return the learners by assignment."""
    touched = defaultdict(set)
    for rerun in reruns:
        if _is_unchanged(rerun, rerun.state, rerun.given, rerun.digest) and _differs(rerun):
            _replace_report(rerun.submission, rerun.old_report, rerun.old_digest, rerun.old_library)
            touched[rerun.submission.assignment_id].add(rerun.submission.learner_id)
    return touched


@transaction.atomic
def discard(regrade: Regrade) -> None:
    """End a preview without changes, even if it still runs; later reports are ignored."""
    row = _locked(regrade, Stage.PREVIEW, "Only a preview can be discarded.")
    row.reruns.filter(state=State.QUEUED).update(state=State.CANCELLED)
    for runtime in RUNTIMES:
        turns.fill_after_commit(runtime)
    _finish(row, Stage.DISCARDED)
    _audit(AuditAction.REGRADE_DISCARDED, row)


def give_up(pk: Any) -> None:
    """End a rerun that no grader could finish; its submission keeps its score."""
    Rerun.objects.filter(pk=pk, state=State.QUEUED).update(state=State.ERROR)


def _locked(regrade: Regrade, stage: Stage, otherwise: str) -> Regrade:
    row = Regrade.objects.select_for_update().select_related("course").get(pk=regrade.pk)
    if row.state != stage:
        raise RegradeError(otherwise)
    return row


def _reported(regrade: Regrade, **which: Any) -> Iterable[Rerun]:
    over = regrade.reruns.filter(state__in=_GRADED, **which).select_related("submission")
    return over.select_for_update(of=("submission",)).defer("submission__source", "submission__report")


def _is_unchanged(rerun: Rerun, state: str, given: float | None, digest: str) -> bool:
    """Whether the submission still has this state, score and exercise version."""
    return (rerun.submission.state, rerun.submission.given, rerun.submission.digest) == (state, given, digest)


def _differs(rerun: Rerun) -> bool:
    return rerun.changes or rerun.digest != rerun.old_digest


def _replace_report(submission: Submission, report: dict[str, Any] | None, digest: str, library: str) -> None:
    assert report is not None, "only a rerun with a report is applied"
    rescore(submission, Report.from_dict(report))
    Submission.objects.filter(pk=submission.pk).update(digest=digest, library=library)


def _refresh(regrade: Regrade, touched: dict[int, set[int]], *, by: User, why: str) -> list[GradeChange]:
    assignments = Assignment.objects.select_related("course").in_bulk(touched)
    return [
        change
        for pk, learners in touched.items()
        for change in refresh(assignments[pk], learners, action=Action.REGRADED, why=why, by=by)
    ]


def _audit(action: AuditAction, regrade: Regrade, **fields: Any) -> None:
    what = ", ".join(regrade.assignments.values_list("slug", flat=True))
    audit.record(action, course=regrade.course, what=what, **fields)


def _changed(changes: list[GradeChange]) -> str:
    return f"{_count(len(changes), 'grade')} changed"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _finish(row: Regrade, stage: Stage) -> None:
    row.state, row.ended_at = stage, timezone.now()
    row.save(update_fields=["state", "ended_at"])
