"""Publishing how far a submission is, through the broker. Pages show it; scoring never reads it.

Messages on the channel `progress:<submission>`; the last one also stays under that key for ten minutes:
{"state": "running", "case_put": false}, and later in addition "case_put": true, "case": 2, "of": 5, "seconds": 3.2,
"limit": 10.0, "loss": [[step, value], ...], "loss_from": 120. `case_put` is published before the first case is put to
the code: from then on, cancelling uses an attempt. `loss` are the losses since the last message, and `loss_from` counts
those before. The list `progress:<submission>:loss` has all of them, for pages that connect later.
"""

import json
import time
from types import TracebackType
from typing import Any, Self

import redis
import structlog
from redis.backoff import NoBackoff
from redis.retry import Retry

from grader.messaging import redis_clients

INTERVAL_SECONDS = 0.1
EXPIRE_SECONDS = 600
MOST_LOSSES = 5000
KNOWN = ("case_put", "case", "of", "seconds", "limit")

log = structlog.get_logger()
_clients: dict[str, redis.Redis] = {}


def best_effort_client(url: str) -> redis.Redis:
    """Return a Redis client that gives up after one try of one second: for messages that grading can do without."""
    return redis_clients.client(url, socket_timeout=1, retry=Retry(NoBackoff(), 0))


def shared_client(url: str) -> redis.Redis:
    """Return this process's client of that kind. Threads can share it."""
    return _clients.setdefault(url, best_effort_client(url))


class ProgressPublisher:
    """Publishes the progress of one submission, at most ten times a second."""

    def __init__(self, url: str, submission: str) -> None:
        self.client = shared_client(url)
        self.channel = f"progress:{submission}"
        self.last_sent = 0.0
        self.losses: list[Any] = []
        self.sent_losses = 0
        self.known: dict[str, Any] = {"case_put": False}
        self.broker_answers = True

    def __enter__(self) -> Self:
        self._send(begins=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.losses and self.broker_answers:
            self._send()

    def publish(self, message: dict[str, Any]) -> None:
        """Publish a progress message of the sandbox, at once if a case is put, else with the next message that is due.

        The sandbox reports its time twice a second, so nothing stays unpublished for long.
        """
        self.losses += message.get("loss", [])
        self.known |= {key: message[key] for key in KNOWN if key in message}
        is_due = "case_put" in message or time.monotonic() - self.last_sent >= INTERVAL_SECONDS
        if self.broker_answers and is_due:
            self._send()

    def _send(self, *, begins: bool = False) -> None:
        message: dict[str, Any] = {"state": "running"} | self.known
        fresh, self.losses = self.losses[: MOST_LOSSES - self.sent_losses], []
        if fresh:
            message["loss"] = fresh
        if fresh or self.sent_losses:
            message["loss_from"] = self.sent_losses
        text = json.dumps(message)
        try:
            with self.client.pipeline(transaction=False) as pipe:
                if begins:
                    pipe.delete(f"{self.channel}:loss")  # of an earlier try
                if fresh:
                    pipe.rpush(f"{self.channel}:loss", *map(json.dumps, fresh))
                    pipe.pexpire(f"{self.channel}:loss", EXPIRE_SECONDS * 1000)
                pipe.publish(self.channel, text)
                pipe.set(self.channel, text, ex=EXPIRE_SECONDS)
                pipe.execute()
        except redis.RedisError as error:
            # A broker that hangs must not slow grading down: no more progress is sent for this submission.
            self.broker_answers = False
            log.warning("progress_not_published", error=str(error))
        self.sent_losses += len(fresh)
        self.last_sent = time.monotonic()


class PromisePublisher:
    """Publishes which promise of a package a verification looks at, on `progress:<verification>` and under that key."""

    def __init__(self, url: str, verification: str) -> None:
        self.client = shared_client(url)
        self.channel = f"progress:{verification}"
        self.broker_answers = True

    def publish(self, promise: str, at: int, of: int) -> None:
        """Publish the id of a promise, its position from 1, and the number of promises."""
        if not self.broker_answers:
            return
        text = json.dumps({"state": "running", "promise": promise, "at": at, "of": of})
        try:
            with self.client.pipeline(transaction=False) as pipe:
                pipe.publish(self.channel, text)
                pipe.set(self.channel, text, ex=EXPIRE_SECONDS)
                pipe.execute()
        except redis.RedisError as error:
            self.broker_answers = False  # as above: verifying does not wait for a broker that hangs
            log.warning("progress_not_published", error=str(error))
