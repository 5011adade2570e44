"""The tasks of regrades: one line each around a plain function. Their names are part of the protocol."""

from typing import Any

from celery import shared_task

from server.regrades import services, turns
from server.regrades.reconcile import reconcile as reconcile_once


@shared_task(name="regrades.send")
def send(_regrade: int) -> None:
    """Send the first reruns of a new regrade to the graders; each report makes room for more."""
    turns.fill_all()


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
    """Send lost reruns again, and those for which there is room."""
    reconcile_once()
    turns.fill_all()
