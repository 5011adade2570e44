"""Progress of submissions: published by graders while they work, and by the server at the end. Never used for scores.

In Redis, each submission has a channel `progress:<id>` with the messages, a key of the same name with the latest one,
and a list `progress:<id>:loss` with all losses so far. Both expire after ten minutes. If Redis cannot be reached, pages
read the database instead.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import cache
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

import redis
import redis.asyncio
import structlog
from django.conf import settings

from grader.messaging import redis_clients

log = structlog.get_logger(__name__)

LONGEST_CURVE = 5_000
MOST_CASES = 10_000
MOST_SECONDS = 86_400


def channel_of(submission: UUID) -> str:
    """Return the name of a submission's channel and key."""
    return f"progress:{submission}"


def publish(submission: UUID, message: dict[str, Any]) -> None:
    """Publish a message to the pages that watch a submission. If Redis cannot be reached, only a warning is logged."""
    if settings.REDIS_URL:
        try:
            client(settings.REDIS_URL).publish(channel_of(submission), json.dumps(message))
        except redis.RedisError:
            log.warning("progress_not_published", submission=str(submission))


def latest(submission: UUID) -> dict[str, Any]:
    """Return a grader's latest message about a submission; empty if there is none, or Redis cannot be reached."""
    if not settings.REDIS_URL:
        return {}
    try:
        return parse_message(client(settings.REDIS_URL).get(channel_of(submission)))
    except redis.RedisError:
        return {}


def losses(submission: UUID) -> list[list[float]]:
    """Return the losses of a run, [step, loss] each; empty if there are none, or Redis cannot be reached."""
    if not settings.REDIS_URL:
        return []
    try:
        stored = client(settings.REDIS_URL).lrange(f"{channel_of(submission)}:loss", 0, LONGEST_CURVE - 1)
    except redis.RedisError:
        return []
    return _curve([_parsed(point) for point in stored])


def parse_message(message: Any) -> dict[str, Any]:
    """Return the known fields of a message with valid types. The rest is dropped: graders are not trusted."""
    content = _parsed(message)
    if not isinstance(content, dict):
        return {}
    known: dict[str, Any] = {key: content[key] for key in ("case", "of") if _is_count(content.get(key))}
    known |= {key: float(content[key]) for key in ("seconds", "limit") if _is_duration(content.get(key))}
    if isinstance(content.get("case_put"), bool):
        known["case_put"] = content["case_put"]
    if content.get("state") == "running" or "loss" in content:
        known["state"] = "running"
    if _is_count(content.get("loss_from")):
        known["loss_from"] = content["loss_from"]
    curve = _curve(content.get("loss"))
    return known | ({"loss": curve} if curve else {})


def _parsed(message: Any) -> Any:
    try:
        return json.loads(message)
    except (TypeError, ValueError, RecursionError):
        return None


def _curve(points: Any) -> list[list[float]]:
    return [[float(x) for x in point] for point in _points(points)]


def _is_count(number: Any) -> bool:
    return type(number) is int and 0 <= number <= MOST_CASES


def _is_duration(seconds: Any) -> bool:
    return type(seconds) in (int, float) and 0 <= seconds <= MOST_SECONDS


def _points(curve: Any) -> list[Any]:
    return [point for point in curve if _is_point(point)][:LONGEST_CURVE] if isinstance(curve, list) else []


def _is_point(point: Any) -> bool:
    return (
        isinstance(point, list)
        and len(point) == 2
        # Compared before it becomes a float: an integer can have thousands of digits.
        and all(isinstance(x, int | float) and abs(x) <= sys.float_info.max for x in point)
    )


# The clients of an event loop by address, each with what opened it.
_async_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, tuple[redis.asyncio.Redis, Any]]]
_async_clients = WeakKeyDictionary()


class Listener:
    """One page's subscription to one submission."""

    def __init__(self, pubsub: redis.asyncio.client.PubSub) -> None:
        self._pubsub = pubsub

    async def next_message(self, seconds: float) -> dict[str, Any] | None:
        """Return the next message, or None if none comes within so many seconds."""
        message = await self._pubsub.get_message(ignore_subscribe_messages=True, timeout=seconds)
        return None if message is None else parse_message(message["data"])


def listen(submission: UUID) -> AbstractAsyncContextManager[Listener]:
    """Subscribe to a submission while the block runs. Raises redis.RedisError if that fails."""
    return _listen(submission)


@asynccontextmanager
async def _listen(submission: UUID) -> AsyncIterator[Listener]:
    if not settings.REDIS_URL:
        raise redis.ConnectionError("no Redis is set")
    client = await _async_client(settings.REDIS_URL)
    async with client.pubsub() as pubsub:
        await pubsub.subscribe(channel_of(submission))
        yield Listener(pubsub)


async def _async_client(url: str) -> redis.asyncio.Redis:
    """Return the client of this event loop; a website has one. A stream has a connection of its own while it is open.

    Without the library's name and version, which redis-py reads from its files, a stream costs Redis one command.
    """
    clients = _async_clients.setdefault(asyncio.get_running_loop(), {})
    if url not in clients:
        opened = redis_clients.asyncio_client(url, driver_info=None)
        client = await opened.__aenter__()
        # The loop closes it at its end, because `opened` is a generator of this loop.
        clients.setdefault(url, (client, opened))
    return clients[url][0]


@cache
def client(url: str) -> redis.Redis:
    """Return this process's client of a Redis server, with short timeouts."""
    return redis_clients.client(url)
