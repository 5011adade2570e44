"""The grading worker's Celery app: the broker, how jobs are acknowledged, and what runs beside the tasks.

    celery -A grader.worker worker -Q grading.cpu,regrading.cpu

The worker knows the broker and the container engine. It has no database and no Django.
"""

import os
from typing import Any

from celery import Celery
from celery.signals import celeryd_init, worker_ready

from grader.messaging.redis_transport import broker_url, install_transport
from grader.telemetry import metrics, task_context
from grader.worker import circuit_breaker, in_flight

BROKER_URL = broker_url()
# Celery kills the pool child of a job that runs longer (seconds).
HARD_LIMIT = int(os.environ.get("CHAINRULE_GRADING_LIMIT", "120"))

# Not the current app of the process: in tests the server's own app is there too.
# Without fixups: if DJANGO_SETTINGS_MODULE is set, Celery would load those settings.
app = Celery(
    "grader",
    broker=BROKER_URL,
    set_as_current=False,
    fixups=[],
    include=["grader.worker.tasks", "grader.worker.lines", "grader.worker.concurrency"],
)
app.conf.update(
    worker_consumer="grader.messaging.consumer:StrictConsumer",
    accept_content=["json"],
    task_serializer="json",
    task_ignore_result=True,
    # A job is acknowledged when its report is sent, not when it is fetched. If its pool child is killed, the job goes
    # back to the queue.
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    # But only a few times: a job that kills every child ends as our failure.
    task_retry_on_worker_lost=True,
    worker_lost_wait=2,
    worker_prefetch_multiplier=1,
    # A child counts as started once its sandbox is warm (seconds).
    worker_proc_alive_timeout=300,
    # If the broker restarts, sending a report is tried for half a minute, in growing steps.
    task_publish_retry_policy={"max_retries": 20, "interval_start": 0.1, "interval_step": 0.2, "interval_max": 2},
    worker_hijack_root_logger=False,
    task_time_limit=HARD_LIMIT,
    broker_connection_retry_on_startup=True,
    broker_transport_options={
        "visibility_timeout": 2 * HARD_LIMIT,
        "unacked_restore_interval": 10,
        "unacked_restore_throttle": 1,
        # If the broker hangs or the network is cut, the worker reconnects after this time (seconds).
        "socket_timeout": 10,
        "socket_connect_timeout": 3,
        "socket_keepalive": True,
        "health_check_interval": 5,
        "queue_order_strategy": "priority",
        # Graders keep unacknowledged messages under keys of their own: their Redis account cannot read the server's.
        "unacked_key": "grading.unacked",
        "unacked_index_key": "grading.unacked_index",
        "unacked_mutex_key": "grading.unacked_mutex",
    },
)
app.steps["consumer"].add(circuit_breaker.CircuitBreaker)
app.steps["consumer"].add(in_flight.publisher(app))
install_transport()
task_context.connect()


@celeryd_init.connect  # type: ignore[untyped-decorator]
def _share_metrics(**_: Any) -> None:
    metrics.share_in_worker()


@worker_ready.connect  # type: ignore[untyped-decorator]
def _serve_metrics(**_: Any) -> None:
    metrics.serve([circuit_breaker.state])
