"""The broker: where it is, and a way to it that outlives whatever lies there.

Who may put messages into a queue can put anything there, and kombu, which is Celery's way to the broker, ends the
worker that takes a message which it cannot read. Ours drops such a message, and notes that as an error.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import structlog
from amqp.exceptions import AMQPError
from kombu.transport import TRANSPORT_ALIASES, redis, virtual
from kombu.transport.virtual import Empty
from redis.exceptions import ConnectionError, InvalidResponse, ResponseError, TimeoutError

# What the broker does to us, whatever the message. For kombu a KeyError is one; here a message lacks something.
OF_BROKER = (OSError, AMQPError, ConnectionError, TimeoutError, ResponseError, InvalidResponse)

log = structlog.get_logger()


def broker() -> str:
    """Return the broker's URL: what the file says that REDIS_URL_FILE names, else REDIS_URL, else this machine's."""
    file = os.environ.get("REDIS_URL_FILE")
    return Path(file).read_text().strip() if file else os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0")


def drop_what_cannot_be_read() -> None:
    """Have all of this process's connections to a Redis use `Transport`, which kombu looks up by the URL's scheme.

    Celery's own setting would do so, too, but make kombu forget that `rediss` means TLS.
    """
    for scheme in ("redis", "rediss"):
        TRANSPORT_ALIASES[scheme] = f"{__name__}:{Transport.__name__}"


class QoS(redis.QoS):
    """Knows what is in hand. What the broker cannot be told of any more is not: its own clock gives it to others.

    Else whoever may have one thing in hand would take nothing again, and so never notice that the connection has gone.
    """

    def ack(self, delivery_tag: str) -> None:
        """Tell the broker that a message was dealt with."""
        with self._out_of_hand(delivery_tag):
            super().ack(delivery_tag)  # type: ignore[no-untyped-call]

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        """Tell the broker that a message was not dealt with, and whether others shall get it."""
        with self._out_of_hand(delivery_tag):
            super().reject(delivery_tag, requeue=requeue)  # type: ignore[no-untyped-call]

    @contextmanager
    def _out_of_hand(self, delivery_tag: str) -> Iterator[None]:
        try:
            yield
        except OF_BROKER:
            virtual.QoS.ack(self, delivery_tag)  # type: ignore[no-untyped-call]
            raise


class Channel(redis.Channel):
    """Reads messages; what is no JSON counts as none."""

    QoS = QoS

    def _brpop_read(self, **options: Any) -> Any:
        with self._no_message_where_unreadable():
            return super()._brpop_read(**options)  # type: ignore[no-untyped-call]

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        with self._no_message_where_unreadable():
            return super()._get(queue)  # type: ignore[no-untyped-call]

    @contextmanager
    def _no_message_where_unreadable(self) -> Iterator[None]:
        try:
            yield
        except (Empty, *OF_BROKER):
            raise
        except Exception as error:
            _note_dropped(error)
            raise Empty from error


class Transport(redis.Transport):
    """Delivers messages; one that its receiver cannot take is in nobody's hand afterwards."""

    Channel = Channel

    def _deliver(self, message: Any, queue: str) -> None:
        try:
            super()._deliver(message, queue)  # type: ignore[no-untyped-call]
        except OF_BROKER:
            raise
        except Exception as error:
            _note_dropped(error, queue=queue)
            self._let_go(message)

    def _let_go(self, message: Any) -> None:
        for channel in self.channels:
            for tag, held in list(channel.qos._delivered.items()):
                if held._raw is message:
                    channel.basic_reject(tag, requeue=False)


def _note_dropped(error: Exception, **where: str) -> None:
    # Without a traceback: who sent it would decide how long that is, and it says nothing more.
    log.error("message_dropped", error=repr(error)[:300], **where)
