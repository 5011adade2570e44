"""The tasks of packages: one line each around a plain function. Their names are part of the protocol."""

from typing import Any

from celery import shared_task

from server.packages import delivery, garbage, running, verifying


@shared_task(name="packages.provide")
def provide(asked: dict[str, Any]) -> None:
    """Set the key of a version that a grader asked for: `{"digest"}`."""
    delivery.provide(str(asked["digest"]))


@shared_task(name="packages.record_verification")
def record_verification(answer: dict[str, Any]) -> None:
    """Record what a verification found: `{"verification", "token", "verified"}`."""
    verifying.record_verification(**answer)


@shared_task(name="packages.record_verification_failure")
def record_verification_failure(_task: str, *, verification: str, token: str) -> None:
    """Record that a verification raised or died. Celery passes the id of the failed task first."""
    verifying.record_verification_failure(verification=verification, token=token)


@shared_task(name="packages.record_run")
def record_run(graded: dict[str, Any]) -> None:
    """Record the report of a run: `{"submission", "token", "report"}`."""
    running.record_run(**graded)


@shared_task(name="packages.record_run_failure")
def record_run_failure(_task: str, *, run: str, token: str) -> None:
    """Record that the grader of a run raised or died. Celery passes the id of the failed task first."""
    running.record_run_failure(run=run, token=token)


@shared_task(name="packages.reconcile")
def reconcile() -> None:
    """End verifications and runs that nobody answers."""
    verifying.reconcile()
    running.reconcile()


@shared_task(name="packages.collect_garbage")
def collect_garbage() -> None:
    """Delete old runs, and versions that nobody needs."""
    running.forget()
    garbage.collect_garbage()
