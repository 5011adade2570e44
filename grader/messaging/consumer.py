"""What our Celery workers listen to: messages as ours are, before Celery believes a word of them, and no other worker.

A message that is none is dropped by `grader.messaging.redis_transport.Transport`, as every one that cannot be taken.
"""

from collections.abc import Callable
from typing import Any

from celery.worker.consumer import Consumer

# Celery reserves one of the pool's processes before it reads these, and does not give it back where they are wrong: one
# such message for each process, and the worker takes nothing any more. Ours carry no limit of time and no stamps.
HEADERS: dict[str, Callable[[Any], bool]] = {
    "task": lambda value: isinstance(value, str),
    "id": lambda value: isinstance(value, str),
    "timelimit": lambda value: value in (None, [None, None]),
    "stamped_headers": lambda value: value in (None, []),
}


class StrictConsumer(Consumer):  # type: ignore[misc]
    """Looks at the headers of each message first, and neither asks nor tells the workers beside it.

    A senseless answer would keep it from starting, and nothing that they tell each other is of use to us.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options | {"without_mingle": True, "without_gossip": True, "without_heartbeat": True})

    def create_task_handler(self, *args: Any, **options: Any) -> Callable[[Any], None]:
        """Return what is called with each message of a queue; ValueError there for one that is no task of ours."""
        take = super().create_task_handler(*args, **options)

        def look(message: Any) -> None:
            for name, fits in HEADERS.items():
                if not fits(message.headers.get(name)):
                    raise ValueError(f"no task: its header {name} is {message.headers.get(name)!r}")
            take(message)

        return look
