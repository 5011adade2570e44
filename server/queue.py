"""The one place that publishes Celery tasks.

Publishing never fails a request. If the broker cannot be reached, the message is lost, the loss is logged, and a
periodic task sends the work again from the database. So the row that a task works on must be committed first: use
`publish_after_commit` inside a transaction.

Tasks are named, not imported: their code can live in another process (the grader), and their names are part of the
protocol between versions.
"""

from functools import partial
from typing import Any

import structlog
from celery import Signature
from django.db import transaction
from kombu.exceptions import OperationalError

from grader.telemetry import logs
from server.celery import app

log = structlog.get_logger(__name__)

# The queue of the records workers: the only workers that can write to the database.
RECORDS = "records"
# Priorities in Redis go from 0 (first) to 9 (last). Without one, a message gets 0.
LAST = 9
# A request waits while a message is published: try once more after 0.1 s, then leave it to the periodic task.
RETRY_POLICY = {"max_retries": 1, "interval_start": 0.1}


def publish(task: str, *args: Any, queue: str = RECORDS, **options: Any) -> bool:
    """Publish a task by its name, now; False if the broker cannot be reached, which is logged.

    `args` are JSON data. `options` are Celery's (`task_id`, `priority`, `expires`, `link`, `link_error`). The message
    carries the id of the request that it came from.
    """
    try:
        publish_or_raise(task, *args, queue=queue, **options)
    except OperationalError:
        log.exception("broker_unreachable", published=task, queue=queue)
        return False
    return True


def publish_or_raise(task: str, *args: Any, queue: str = RECORDS, **options: Any) -> None:
    """Publish a task as `publish` does. Raises kombu's OperationalError if the broker cannot be reached.

    For tasks that send many messages in a row: they stop at the first that cannot be sent.
    """
    app.signature(task, args=args).apply_async(
        queue=queue, headers=logs.carried(), retry_policy=RETRY_POLICY, **options
    )


def publish_after_commit(task: str, *args: Any, queue: str = RECORDS, **options: Any) -> None:
    """Publish a task as `publish` does, once the transaction is committed; never if it is rolled back."""
    transaction.on_commit(partial(publish, task, *args, queue=queue, **options))


def reply(task: str, **kwargs: Any) -> Signature:
    """Return a task on the records queue as a `link` or `link_error`: Celery publishes it when another task has ended.

    `kwargs` are JSON data for the task, beside what Celery passes to it.
    """
    return app.signature(task, kwargs=kwargs, queue=RECORDS, headers=logs.carried())
