"""Sending reruns to the graders, behind everything fresh.

They have queues of their own, which the graders ask last, and the lowest priority: where a fresh submission waits, it
is taken first, so that it waits for one rerun at most.
"""

from functools import partial

import structlog
from django.db import transaction
from kombu.exceptions import OperationalError

from grader.telemetry import logs
from server.celery import app
from server.regrades.models import Regrade, Rerun

log = structlog.get_logger(__name__)

# Redis takes 0 first and 9 last.
LAST = 9


def queue_of(runtime: str) -> str:
    """Return the queue of reruns for a runtime."""
    return f"regrading.{runtime}"


def begin_after_commit(regrade: Regrade) -> None:
    """Have a records worker send the reruns out, once the transaction holds; the sweep does so if this gets lost."""
    transaction.on_commit(partial(_begin, regrade.pk))


def _begin(pk: int) -> None:
    try:
        app.send_task("regrades.send", args=[pk], queue="records", headers=logs.carried())
    except OperationalError:
        log.exception("broker_unreachable", regrade=pk)


def send(rerun: Rerun) -> None:
    """Queue one rerun; its row must be committed. OperationalError where there is no broker."""
    token = {"rerun": str(rerun.pk), "token": rerun.token}
    app.send_task(
        "grader.grade",
        args=[rerun.job().to_dict()],
        task_id=str(rerun.pk),
        queue=queue_of(rerun.runtime),
        priority=LAST,
        headers=logs.carried(),
        link=app.signature("regrades.record", queue="records", headers=logs.carried()),
        link_error=app.signature("regrades.record_failure", kwargs=token, queue="records", headers=logs.carried()),
        retry_policy={"max_retries": 1, "interval_start": 0.1},
    )
