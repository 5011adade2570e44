"""Sends jobs to the graders, and counts the jobs that wait or run.

The grader's tasks are sent by name, without an import. The message names the tasks that receive the result. An error
callback gets only a task id, so the sender adds submission and token to it.
"""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from amqp.exceptions import ChannelError
from django.conf import settings

from grader.messaging import redis_clients
from server.celery import app
from server.packages.delivery import bring_after_commit
from server.queue import publish_after_commit, reply
from server.submissions.live import progress
from server.submissions.models import Submission

RUNTIMES = ("cpu", "gpu")
# For how long a cancelled job can wait in a queue until a worker takes it in vain: then it is graded for nothing.
CANCELLED_SECONDS = 6 * 3600


def queue_of(runtime: str) -> str:
    """Return the queue of fresh submissions for a runtime."""
    return f"grading.{runtime}"


def send_after_commit(submission: Submission, *, priority: int = 0) -> None:
    """Queue a submission once the transaction is committed. If the broker is down, `reconcile` sends it again.

    `priority` goes from 0 (first) to 9.
    """
    if submission.library:
        bring_after_commit(submission.digest)
    token = {"submission": str(submission.pk), "token": submission.token}
    publish_after_commit(
        "grader.grade",
        submission.job().to_dict(),
        task_id=str(submission.pk),
        queue=queue_of(submission.runtime),
        priority=priority,
        link=reply("submissions.record"),
        link_error=reply("submissions.record_failure", **token),
    )


def mark_cancelled(job: UUID) -> None:
    """Tell the graders that a submission is cancelled. Raises RedisError without a broker."""
    if settings.REDIS_URL:
        progress.client(settings.REDIS_URL).set(f"cancelled:{job}", "", ex=CANCELLED_SECONDS)


def state_of(job: UUID) -> tuple[bool, dict[str, Any]]:
    """Return whether a grader has a job, and its latest progress. Raises RedisError without a broker."""
    if not settings.REDIS_URL:
        return False, {}
    held, latest = progress.client(settings.REDIS_URL).mget([f"held:{job}", progress.channel_of(job)])
    return held is not None, progress.parse_message(latest)


def in_flight(jobs: Collection[UUID]) -> set[UUID]:
    """Return the jobs that a worker reported as in flight lately. Raises RedisError without a broker."""
    if not jobs or not settings.REDIS_URL:
        return set()
    ordered = list(jobs)
    with redis_clients.client(settings.REDIS_URL, socket_timeout=5) as client:
        markers = client.mget([f"held:{job}" for job in ordered])
    return {job for job, marker in zip(ordered, markers, strict=True) if marker is not None}


def waiting_in(runtime: str) -> int:
    """Return how many jobs wait in a runtime's queue. Raises OperationalError without a broker."""
    return jobs_in(queue_of(runtime))


def jobs_in(queue: str) -> int:
    """Return how many jobs wait in a queue. Raises OperationalError without a broker."""
    with app.connection_for_write() as connection:
        channel = connection.default_channel
        try:
            return channel.queue_declare(queue, passive=True).message_count
        except (ChannelError, *connection.channel_errors):
            return 0  # the queue was never used, or is empty
