"""Telling the page how far a submission is, by way of the broker. For looking at only: scoring never reads it.

Messages on the channel `progress:<submission>`, the last one also kept under that key for ten minutes:
{"state": "running"}, {"state": "running", "case": 2, "of": 5}, {"state": "running", "loss": [[step, value], ...]}.
"""

import json
import time
from types import TracebackType
from typing import Any, Self

import redis
import structlog
from redis.backoff import NoBackoff
from redis.retry import Retry

INTERVAL = 0.1
KEPT = 600

log = structlog.get_logger()
_clients: dict[str, redis.Redis] = {}


def impatient(url: str) -> redis.Redis:
    """Return a client that gives up after a second, at the first try: for what grading can do without."""
    return redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1, retry=Retry(NoBackoff(), 0))


class Progress:
    """Publishes one submission's progress, at most every tenth of a second."""

    def __init__(self, url: str, submission: str) -> None:
        self.client = _clients.setdefault(url, impatient(url))
        self.channel = f"progress:{submission}"
        self.last = 0.0
        self.losses: list[Any] = []
        self.heard = True

    def __enter__(self) -> Self:
        self._send({"state": "running"})
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.losses and self.heard:
            self._send({"state": "running"})

    def tell(self, message: dict[str, Any]) -> None:
        """Take a progress message of the sandbox; loss points are collected until the next one is due."""
        self.losses += message.get("loss", [])
        if self.heard and time.monotonic() - self.last >= INTERVAL:
            self._send({"state": "running"} | {key: message[key] for key in ("case", "of") if key in message})

    def _send(self, message: dict[str, Any]) -> None:
        if self.losses:
            message["loss"], self.losses = self.losses[-200:], []
        text = json.dumps(message)
        try:
            with self.client.pipeline(transaction=False) as pipe:
                pipe.publish(self.channel, text)
                pipe.set(self.channel, text, ex=KEPT)
                pipe.execute()
        except redis.RedisError as error:
            # A broker that hangs must not hold the grading up: nothing more is told of this submission.
            self.heard = False
            log.warning("progress was not told", error=str(error))
        self.last = time.monotonic()
