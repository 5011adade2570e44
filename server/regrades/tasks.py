"""The tasks of regrades: one line each around a plain function. Their names are part of the protocol."""

from typing import Any

from celery import shared_task

from server.regrades import services
from server.regrades.reconcile import reconcile as reconcile_once


@shared_task(name="regrades.send")
def send(regrade: int) -> None:
    """Send the reruns of a regrade to the graders."""
    services.send_out(regrade)


@shared_task(name="regrades.record")
def record(graded: dict[str, Any]) -> None:
    """Record what a grader returned: `{"submission", "token", "report"}`."""
    services.record(**graded)


@shared_task(name="regrades.record_failure")
def record_failure(_task: str, *, rerun: str, token: str) -> None:
    """Record that a grader raised or died. Celery passes the id of the failed task first."""
    services.record_failure(rerun=rerun, token=token)


@shared_task(name="regrades.sweep")
def reconcile() -> None:
    """Send lost reruns again."""
    reconcile_once()
