"""The way to Redis: the broker's URL, and a kombu transport that survives every message that lies in a queue.

Everybody who can put messages into a queue can put anything there, and kombu, Celery's messaging library, ends the
worker that takes a message which it cannot read (a "poison message"). This transport drops such a message and logs an
error.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import structlog
from amqp.exceptions import AMQPError
from kombu.transport import TRANSPORT_ALIASES, redis, virtual
from kombu.transport.virtual import Empty
from kombu.utils.json import dumps
from redis.exceptions import ConnectionError, InvalidResponse, ResponseError, TimeoutError
from redis.sentinel import SentinelManagedConnection, SentinelManagedSSLConnection

from grader.messaging import redis_clients

# Errors of the broker or the network, not of a message. kombu counts KeyError too; here a KeyError is a bad message.
BROKER_ERRORS = (OSError, AMQPError, ConnectionError, TimeoutError, ResponseError, InvalidResponse)

log = structlog.get_logger()


def broker_url() -> str:
    """Return the broker's URL: from the file that REDIS_URL_FILE names, else REDIS_URL, else this machine's Redis.

    CHAINRULE_REDIS_HOST replaces the host in it, for workers that can look up no names.
    """
    file = os.environ.get("REDIS_URL_FILE")
    url = Path(file).read_text().strip() if file else os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0")
    host = os.environ.get("CHAINRULE_REDIS_HOST")
    return _with_host(url, host) if host else url


def _with_host(url: str, host: str) -> str:
    parts = urlsplit(url)
    user = f"{parts.netloc.rpartition('@')[0]}@" if "@" in parts.netloc else ""
    bare = f"[{host}]" if ":" in host else host
    return urlunsplit(parts._replace(netloc=f"{user}{bare}:{parts.port or 6379}"))


def install_transport() -> None:
    """Make all Redis connections of this process use `Transport`, which kombu finds by the URL's scheme.

    Celery's `broker_transport` setting would do so too, but then kombu forgets that `rediss` means TLS.
    """
    for scheme in ("redis", "rediss"):
        TRANSPORT_ALIASES[scheme] = f"{__name__}:{Transport.__name__}"


class QoS(redis.QoS):
    """Tracks unacknowledged messages.

    If an acknowledgement cannot be sent, the message is forgotten here: the broker redelivers it after the visibility
    timeout. Otherwise a worker with a prefetch limit of one would take nothing again, and so never notice that its
    connection is gone.

    Workers on several machines judge each other's messages by when they were taken. So that does not depend on their
    clocks: all use the broker's.

    A message is stored under two keys, without a transaction: that would cost two more commands each time. If the
    connection breaks between the two, at most an entry of the index is left. kombu deletes it when it finds no message.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)  # type: ignore[no-untyped-call]
        # By how many seconds this machine's clock is ahead of the broker's; None until it was compared.
        self._ahead: float | None = None

    def append(self, message: Any, delivery_tag: str) -> None:
        """Add a message that was delivered, with the time at the broker."""
        if self._ahead is None:
            self._compare_clocks()
        info = message.delivery_info
        stored = dumps([message._raw, info["exchange"], info["routing_key"]])  # type: ignore[no-untyped-call]
        with self.pipe_or_acquire() as pipe:
            pipe.zadd(self.unacked_index_key, {delivery_tag: time.time() - (self._ahead or 0.0)})
            pipe.hset(self.unacked_key, delivery_tag, stored)
            pipe.execute()
            virtual.QoS.append(self, message, delivery_tag)  # type: ignore[no-untyped-call]

    def restore_visible(self, *args: Any, **options: Any) -> None:
        """Give messages to others whose worker has not acknowledged them within the visibility timeout."""
        self._compare_clocks()
        super().restore_visible(*args, **options)  # type: ignore[no-untyped-call]

    @property
    def visibility_timeout(self) -> float:
        """The timeout; `restore_visible` counts it back from this machine's time."""
        return float(self.channel.visibility_timeout) + (self._ahead or 0.0)

    def _compare_clocks(self) -> None:
        with self.channel.conn_or_acquire() as client:
            seconds, microseconds = client.time()
        self._ahead = time.time() - (seconds + microseconds / 1e6)

    @contextmanager
    def pipe_or_acquire(self, pipe: Any = None, client: Any = None) -> Iterator[Any]:
        """Yield the pipeline, or a new one that is no transaction."""
        if pipe is not None:
            yield pipe
        else:
            with self.channel.conn_or_acquire(client) as connected:
                yield connected.pipeline(transaction=False)

    def _remove_from_indices(self, delivery_tag: str, pipe: Any = None) -> Any:
        with self.pipe_or_acquire(pipe) as both:
            return both.hdel(self.unacked_key, delivery_tag).zrem(self.unacked_index_key, delivery_tag)

    def ack(self, delivery_tag: str) -> None:
        """Acknowledge a message."""
        with self._forgotten_on_failure(delivery_tag):
            super().ack(delivery_tag)  # type: ignore[no-untyped-call]

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        """Reject a message, and put it back into its queue if `requeue` is true."""
        with self._forgotten_on_failure(delivery_tag):
            super().reject(delivery_tag, requeue=requeue)  # type: ignore[no-untyped-call]

    @contextmanager
    def _forgotten_on_failure(self, delivery_tag: str) -> Iterator[None]:
        try:
            yield
        except BROKER_ERRORS:
            virtual.QoS.ack(self, delivery_tag)  # type: ignore[no-untyped-call]
            raise


class Channel(redis.Channel):
    """Reads messages. One that cannot be parsed counts as an empty queue."""

    QoS = QoS

    def __init__(self, *args: Any, **options: Any) -> None:
        if redis_clients.sentinels():
            self.connection_class: Any = SentinelManagedConnection
            self.connection_class_ssl: Any = SentinelManagedSSLConnection
        super().__init__(*args, **options)  # type: ignore[no-untyped-call]

    def _get_pool(self, asynchronous: bool = False) -> Any:
        if not redis_clients.sentinels():
            return super()._get_pool(asynchronous)  # type: ignore[no-untyped-call]
        options = self._connparams(asynchronous=asynchronous)  # type: ignore[no-untyped-call]
        self.keyprefix_fanout = self.keyprefix_fanout.format(db=options["db"])
        return redis_clients.pool_of_primary(options, secure=bool(self.connection.client.ssl))

    def _brpop_read(self, **options: Any) -> Any:
        with self._empty_if_unreadable():
            return super()._brpop_read(**options)  # type: ignore[no-untyped-call]

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        with self._empty_if_unreadable():
            return super()._get(queue)  # type: ignore[no-untyped-call]

    @contextmanager
    def _empty_if_unreadable(self) -> Iterator[None]:
        try:
            yield
        except (Empty, *BROKER_ERRORS):
            raise
        except Exception as error:
            _log_dropped(error)
            raise Empty from error


class Transport(redis.Transport):
    """Delivers messages. One that its receiver cannot handle is rejected and not delivered again."""

    Channel = Channel

    def _deliver(self, message: Any, queue: str) -> None:
        try:
            super()._deliver(message, queue)  # type: ignore[no-untyped-call]
        except BROKER_ERRORS:
            raise
        except Exception as error:
            _log_dropped(error, queue=queue)
            self._reject(message)

    def _reject(self, message: Any) -> None:
        for channel in self.channels:
            for tag, delivered in list(channel.qos._delivered.items()):
                if delivered._raw is message:
                    channel.basic_reject(tag, requeue=False)


def _log_dropped(error: Exception, **context: str) -> None:
    # Without a traceback: the sender of the message would decide how long it is, and it adds nothing.
    log.error("message_dropped", error=repr(error)[:300], **context)
