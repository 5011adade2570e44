"""The consumer of our Celery workers: it checks each message's headers first, and exchanges nothing with other workers.

A message with wrong headers is dropped by `grader.messaging.redis_transport.Transport`, like every message that cannot
be delivered.
"""

from collections.abc import Callable
from typing import Any

from celery.worker.consumer import Consumer

# Celery reserves a pool process before it reads these headers, and does not release it if they are wrong: after one
# such message for each process, the worker takes nothing any more. Our own messages have no time limit and no stamps.
HEADERS: dict[str, Callable[[Any], bool]] = {
    "task": lambda value: isinstance(value, str),
    "id": lambda value: isinstance(value, str),
    "timelimit": lambda value: value in (None, [None, None]),
    "stamped_headers": lambda value: value in (None, []),
}


class StrictConsumer(Consumer):  # type: ignore[misc]
    """Checks the headers of each message, and runs without mingle, gossip and heartbeat events.

    A malformed answer of another worker would keep this one from starting, and we need none of those answers.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options | {"without_mingle": True, "without_gossip": True, "without_heartbeat": True})

    def create_task_handler(self, *args: Any, **options: Any) -> Callable[[Any], None]:
        """Return the handler of a queue's messages. It raises ValueError if this project did not send the task."""
        handle = super().create_task_handler(*args, **options)

        def check_and_handle(message: Any) -> None:
            for name, fits in HEADERS.items():
                if not fits(message.headers.get(name)):
                    raise ValueError(f"no task: its header {name} is {message.headers.get(name)!r}")
            handle(message)

        return check_and_handle
