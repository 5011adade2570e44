"""Clients of Redis: at the address in a URL, or at the one that Sentinels name; and how long a call takes at most.

If CHAINRULE_REDIS_SENTINELS names Sentinels (`host:port`, with commas between them), the host in a URL does not matter:
each new connection asks them which Redis is the primary now. CHAINRULE_REDIS_PRIMARY is the name under which they watch
it. All else comes from the URL: account, password, database, and whether to use TLS, also to the Sentinels.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from typing import Any, Self

import redis
import redis.asyncio
from redis.asyncio import sentinel as asyncio_sentinel
from redis.backoff import NoBackoff
from redis.connection import SSLConnection, parse_url
from redis.retry import Retry
from redis.sentinel import Sentinel, SentinelConnectionPool

SENTINELS = "CHAINRULE_REDIS_SENTINELS"
PRIMARY = "CHAINRULE_REDIS_PRIMARY"
# The name of the primary in deploy/redis/sentinel.conf.
USUAL_PRIMARY = "chainrule"
SENTINEL_PORT = 26379
# Pages and tasks wait for Redis: if its host has vanished, nobody says so (seconds).
TIMES: dict[str, Any] = {"socket_timeout": 2, "socket_connect_timeout": 1, "socket_keepalive": True}


def sentinels() -> list[tuple[str, int]]:
    """Return the addresses of the Sentinels; empty if there are none. Raises ValueError if a port is no number."""
    named = os.environ.get(SENTINELS, "")
    return [_address(each.strip()) for each in named.split(",") if each.strip()]


def _address(words: str) -> tuple[str, int]:
    host, _, port = words.rpartition(":") if ":" in words else (words, "", str(SENTINEL_PORT))
    return host.strip("[]"), int(port)


def primary() -> str:
    """Return the name under which Sentinels watch the primary."""
    return os.environ.get(PRIMARY) or USUAL_PRIMARY


class CachePool(redis.ConnectionPool):
    """Django's cache makes its connection pools by this name."""

    @classmethod
    def from_url(cls, url: str, **options: Any) -> Self:
        """Return a pool of connections to the Redis of a URL, or to the primary that Sentinels name."""
        return connection_pool(url, **options)  # type: ignore[return-value]


def connection_pool(url: str, **options: Any) -> redis.ConnectionPool:
    """Return a pool of connections to the Redis of a URL, or to the primary that Sentinels name."""
    if not sentinels():
        return redis.ConnectionPool.from_url(url, **options)
    rest, secure = _without_address(url)
    return pool_of_primary(rest | options, secure=secure)


def pool_of_primary(options: dict[str, Any], *, secure: bool) -> redis.ConnectionPool:
    """Return a pool of connections to the primary that Sentinels name. `secure`: by TLS, also to the Sentinels."""
    manager = _manager(tuple(sentinels()), tuple(_to_sentinels(options, secure).items()))
    rest = {name: value for name, value in options.items() if name not in ("host", "port")}
    return SentinelConnectionPool(primary(), manager, ssl=secure, **rest)  # type: ignore[no-untyped-call]


@cache
def _manager(addresses: tuple[tuple[str, int], ...], options: tuple[tuple[str, Any], ...]) -> Sentinel:
    """Return this process's connections to the Sentinels."""
    return Sentinel(addresses, sentinel_kwargs=dict(options))  # type: ignore[no-untyped-call]


def client(url: str, **options: Any) -> redis.Redis:
    """Return a client whose calls take seconds at most. A call on a connection that broke is tried once more."""
    retry = options.pop("retry", Retry(NoBackoff(), 1))
    return redis.Redis.from_pool(connection_pool(url, **TIMES | options, retry=retry))


@asynccontextmanager
async def asyncio_client(url: str, **options: Any) -> AsyncIterator[redis.asyncio.Redis]:
    """Open an asyncio client while the block runs; connecting takes a second at most."""
    options = {"socket_connect_timeout": TIMES["socket_connect_timeout"]} | options
    if not sentinels():
        async with redis.asyncio.Redis.from_url(url, **options) as client:
            yield client
        return
    rest, secure = _without_address(url)
    to_sentinels = _to_sentinels(rest, secure)
    manager = asyncio_sentinel.Sentinel(sentinels(), sentinel_kwargs=to_sentinels)  # type: ignore[no-untyped-call]
    options = rest | options
    pool = asyncio_sentinel.SentinelConnectionPool(primary(), manager, ssl=secure, **options)  # type: ignore[no-untyped-call]
    try:
        async with redis.asyncio.Redis.from_pool(pool) as client:
            yield client
    finally:
        for asked in manager.sentinels:
            await asked.aclose()


def _without_address(url: str) -> tuple[dict[str, Any], bool]:
    rest: dict[str, Any] = dict(parse_url(url))  # type: ignore[no-untyped-call]
    secure = rest.pop("connection_class", None) is SSLConnection
    return {name: value for name, value in rest.items() if name not in ("host", "port")}, secure


def _to_sentinels(rest: dict[str, Any], secure: bool) -> dict[str, Any]:
    """Return the options of connections to Sentinels. They have no account, because all can ask for the primary."""
    secured = {name: value for name, value in rest.items() if name.startswith("ssl_")}
    return TIMES | secured | ({"ssl": True} if secure else {})
