"""Sending jobs to the graders, and asking how many wait there.

The grader's tasks are sent by name: nothing of the grader's is imported here. Where its answer goes must be named
by the sender, and an error callback gets nothing but a task id, so the sender binds submission and token to it.
"""

from collections.abc import Collection
from functools import partial
from uuid import UUID

import redis
import structlog
from amqp.exceptions import ChannelError
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError

from grader.telemetry import logs
from server.celery import app
from server.submissions.models import Submission

log = structlog.get_logger(__name__)

RUNTIMES = ("cpu", "gpu")


def queue_of(runtime: str) -> str:
    """Return the queue of fresh submissions for a runtime."""
    return f"grading.{runtime}"


def send_after_commit(submission: Submission) -> None:
    """Queue a submission once the transaction holds. A dead broker loses nothing: the sweep sends it again."""
    transaction.on_commit(partial(_send, submission))


def _send(submission: Submission) -> None:
    token = {"submission": str(submission.pk), "token": submission.token}
    try:
        app.send_task(
            "grader.grade",
            args=[submission.job().to_dict()],
            task_id=str(submission.pk),
            queue=queue_of(submission.runtime),
            headers=logs.carried(),
            link=app.signature("submissions.record", queue="records", headers=logs.carried()),
            link_error=app.signature(
                "submissions.record_failure", kwargs=token, queue="records", headers=logs.carried()
            ),
            retry_policy={"max_retries": 1, "interval_start": 0.1},
        )
    except OperationalError:
        log.exception("broker_unreachable", submission=str(submission.pk))


def revoke_after_commit(submission: Submission) -> None:
    """Tell the graders, once the transaction holds, not to start on a submission. Only saves them work."""
    transaction.on_commit(partial(_revoke, str(submission.pk)))


def _revoke(task: str) -> None:
    try:
        app.control.revoke(task)
    except OperationalError:
        log.exception("broker_unreachable", submission=task)


def held(jobs: Collection[UUID]) -> set[UUID]:
    """Return those jobs that a worker has in hand, as it says every few seconds; RedisError without a broker."""
    if not jobs or not settings.REDIS_URL:
        return set()
    ordered = list(jobs)
    with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=5, socket_connect_timeout=2) as client:
        said = client.mget([f"held:{job}" for job in ordered])
    return {job for job, word in zip(ordered, said, strict=True) if word is not None}


def waiting_in(runtime: str) -> int:
    """Return how many jobs lie in a runtime's queue, not yet taken by a worker; OperationalError without a broker."""
    return jobs_in(queue_of(runtime))


def jobs_in(queue: str) -> int:
    """Return how many jobs lie in a queue; OperationalError without a broker."""
    with app.connection_for_write() as connection:
        channel = connection.default_channel
        try:
            return channel.queue_declare(queue, passive=True).message_count
        except (ChannelError, *connection.channel_errors):
            return 0  # nothing was ever queued there, or all of it was taken
