"""The tasks that touch submissions: one line each around a plain function. Their names are part of the protocol.

A report is kept while the database is away: to grade again is what a lost one costs, in work and in waiting.
"""

from typing import Any

from celery import shared_task
from django.db import InterfaceError, OperationalError

from server.submissions import services
from server.submissions.queue import worker_presence
from server.submissions.queue.reconcile import sweep as sweep_once

# Some minutes in all, the waits growing to half a minute.
UNTIL_THE_DATABASE_IS_BACK: dict[str, Any] = {
    "autoretry_for": (OperationalError, InterfaceError),
    "max_retries": 20,
    "retry_backoff": 1,
    "retry_backoff_max": 30,
}


@shared_task(name="submissions.record", **UNTIL_THE_DATABASE_IS_BACK)
def record(graded: dict[str, Any]) -> None:
    """Write down what a grader returned: `{"submission", "token", "report"}`."""
    services.record(**graded)


@shared_task(name="submissions.record_failure", **UNTIL_THE_DATABASE_IS_BACK)
def record_failure(_task: str, *, submission: str, token: str) -> None:
    """Note that a grader raised or died; the first argument is the failed task's id, as Celery sends it."""
    services.record_failure(submission=submission, token=token)


@shared_task(name="submissions.sweep")
def sweep() -> None:
    """Send again what got lost."""
    sweep_once()


@shared_task(name="submissions.note_graders")
def note_graders() -> None:
    """Ask which graders are there."""
    worker_presence.note()
