"""What a cancelled attempt costs, and how its run is stopped.

Cancelling uses an attempt as soon as a case was put to the code: code that has seen a case, or knows that it failed
one, cannot take its attempt back. Only the grader knows if it put a case. So if a grader has the job, the cost
is `unknown` at first, and one of these settles it, once:

- the grader that stopped the run answers
- a report arrives, because the run was over already, or an older grader does not know how to stop
- the grader is gone without an answer: its last published progress decides. It publishes that it puts a case before it
  does so; if it published nothing of that kind, no case was put

If no grader has the job, the grader that takes it later finds that it is cancelled.
"""

from datetime import timedelta
from secrets import compare_digest
from typing import Any
from uuid import UUID

import redis
import structlog
from django.db import transaction
from django.utils import timezone

from grader.protocol.reports import Outcome, Report
from server.submissions.live import progress, snapshots
from server.submissions.models import CancelCost, Kind, State, Submission
from server.submissions.queue import dispatch

# A grader answers within a second. After so many seconds, the periodic task looks again.
ANSWER_SECONDS = 5

log = structlog.get_logger(__name__)


def cost_now(submission: Submission) -> CancelCost:
    """Return what it costs to cancel a submission now; `unknown` if a grader has it, or without a broker."""
    if submission.kind != Kind.SUBMIT:
        return CancelCost.NONE
    try:
        is_held, latest = dispatch.state_of(submission.pk)
    except redis.RedisError:
        return CancelCost.UNKNOWN
    if is_held:
        return CancelCost.UNKNOWN
    return CancelCost.ATTEMPT if _was_put(latest) else CancelCost.NONE


def stop(submission: Submission) -> None:
    """Tell the graders to stop a cancelled submission. Without a broker, `settle_overdue` tries again."""
    try:
        dispatch.mark_cancelled(submission.pk)
    except redis.RedisError:
        log.warning("cancellation_not_published", submission=str(submission.pk), exc_info=True)


def record_stopped(*, submission: str, token: str, case_put: Any) -> None:
    """Record what the grader answered that stopped a run: whether it had put a case to the code."""
    row = Submission.objects.filter(pk=submission).first()
    if row is None or not compare_digest(row.token, token) or row.state != State.CANCELLED:
        log.warning("stop_refused", submission=submission)
        return
    # An earlier grader can have put a case and failed then.
    was_put = case_put is not False or _was_put(progress.latest(row.pk))
    _settle(row.pk, CancelCost.ATTEMPT if was_put else CancelCost.NONE)


def settle_by_report(row: Submission, report: Report) -> None:
    """Settle the cost of a cancelled submission whose report came all the same. In the caller's transaction."""
    if row.state == State.CANCELLED:
        _settle(row.pk, CancelCost.NONE if report.outcome is Outcome.UNGRADABLE else CancelCost.ATTEMPT)


def settle_overdue() -> None:
    """Settle what no grader has answered for some seconds, unless one still reports that it works on it."""
    before = timezone.now() - timedelta(seconds=ANSWER_SECONDS)
    for row in Submission.objects.light().filter(cancel_cost=CancelCost.UNKNOWN, finished_at__lt=before):
        stop(row)
        cost = cost_now(row)
        if cost != CancelCost.UNKNOWN:
            _settle(row.pk, cost)


def _was_put(latest: dict[str, Any]) -> bool:
    """Whether a case can have been put, by a grader's latest progress. An older grader says only that the code runs."""
    return bool(latest) and latest.get("case_put") is not False


@transaction.atomic
def _settle(pk: UUID, cost: CancelCost) -> None:
    """Save the cost, once, and show it on open pages."""
    row = Submission.objects.light().select_for_update(of=("self",)).filter(pk=pk).first()
    if row is None or not row.is_being_stopped:
        return
    row.cancel_cost = cost
    # For readers that ask for changes since a time: the cost is one.
    row.finished_at = timezone.now()
    row.save(update_fields=["cancel_cost", "finished_at"])
    log.info("cancellation_settled", submission=str(pk), uses_attempt=row.counts)
    snapshots.announce_after_commit(row)
