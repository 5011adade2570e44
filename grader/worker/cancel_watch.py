"""Noticing that a submission was cancelled while this worker has its job.

The server sets the key `cancelled:<submission>` in Redis, which keeps it for hours. A worker looks for it before it
begins a job, and from a thread five times a second while the job runs. So a cancellation also reaches a job that waits
in a queue, or that another worker gets after the first one has died. Only the server's Redis account can set the key.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import redis
import structlog

from grader.errors import RunCancelled
from grader.sandboxes.cancellation import Cancellation

INTERVAL_SECONDS = 0.2

log = structlog.get_logger()


@contextmanager
def cancel_watch(client: redis.Redis, submission: str, cancellation: Cancellation) -> Iterator[None]:
    """Watch a submission while the block runs; if it is cancelled, request its run's cancellation.

    Raises RunCancelled at once if the submission is cancelled already. If the broker does not answer, the job runs on.
    """
    try:
        cancelled = _is_cancelled(client, submission)
    except redis.RedisError as error:
        log.warning("cancellation_not_read", error=str(error))
        cancelled = False
    if cancelled:
        raise RunCancelled("the submission was cancelled before this worker began it")
    over = threading.Event()
    threading.Thread(target=_watch, args=(client, submission, cancellation, over), daemon=True).start()
    try:
        yield
    finally:
        over.set()  # without a join: if the broker hangs, the thread ends later, and its request reaches no other run


def _watch(client: redis.Redis, submission: str, cancellation: Cancellation, over: threading.Event) -> None:
    while not over.wait(INTERVAL_SECONDS):
        with suppress(redis.RedisError):  # the broker can come back
            if _is_cancelled(client, submission):
                cancellation.request()
                return


def _is_cancelled(client: redis.Redis, submission: str) -> bool:
    return bool(client.exists(f"cancelled:{submission}"))
