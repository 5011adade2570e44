"""The tasks of submissions: one line each around a plain function. Their names are part of the protocol.

A task keeps its report and tries again while the database cannot be reached: grading again would cost much more.
"""

from typing import Any

from celery import shared_task
from django.db import InterfaceError, OperationalError

from server.submissions import cancellations, lines, services
from server.submissions.queue import turns, worker_presence
from server.submissions.queue.reconcile import reconcile as reconcile_once

# Several minutes in all: the waits grow up to 30 seconds.
RETRY_WITHOUT_DATABASE: dict[str, Any] = {
    "autoretry_for": (OperationalError, InterfaceError),
    "max_retries": 20,
    "retry_backoff": 1,
    "retry_backoff_max": 30,
}


@shared_task(name="submissions.record", **RETRY_WITHOUT_DATABASE)
def record(graded: dict[str, Any]) -> None:
    """Record what a grader returned: `{"submission", "token", "report"}`, or "case_put" if it stopped the run."""
    if "case_put" in graded:
        cancellations.record_stopped(**graded)
    else:
        services.record(**graded)


@shared_task(name="submissions.record_line", **RETRY_WITHOUT_DATABASE)
def record_line(found: dict[str, Any]) -> None:
    """Record a grader's second message: `{"submission", "token", "report", "line"}`, and perhaps "edit"."""
    lines.record_line(**found)


@shared_task(name="submissions.record_failure", **RETRY_WITHOUT_DATABASE)
def record_failure(_task: str, *, submission: str, token: str) -> None:
    """Record that a grader raised or died. Celery passes the id of the failed task first."""
    services.record_failure(submission=submission, token=token)


@shared_task(name="submissions.sweep")
def reconcile() -> None:
    """Do what was left undone.

    Lost submissions are sent again, then those whose turn it is. Cancelled ones of which no grader has said what they
    cost are settled.
    """
    reconcile_once()
    turns.fill_all()
    cancellations.settle_overdue()


@shared_task(name="submissions.note_graders")
def record_worker_presence() -> None:
    """Record which runtimes have a grading worker."""
    worker_presence.record_presence()
