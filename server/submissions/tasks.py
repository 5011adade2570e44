"""The tasks that touch submissions: one line each around a plain function. Their names are part of the protocol."""

from typing import Any

from celery import shared_task

from server.submissions import services
from server.submissions.sweep import sweep as sweep_once


@shared_task(name="submissions.record")
def record(graded: dict[str, Any]) -> None:
    """Write down what a grader returned: `{"submission", "token", "report"}`."""
    services.record(**graded)


@shared_task(name="submissions.record_failure")
def record_failure(_task: str, *, submission: str, token: str) -> None:
    """Note that a grader raised or died; the first argument is the failed task's id, as Celery sends it."""
    services.record_failure(submission=submission, token=token)


@shared_task(name="submissions.sweep")
def sweep() -> None:
    """Send again what got lost."""
    sweep_once()
