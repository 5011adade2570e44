"""A step of a Celery worker's consumer that runs again and again while the worker is connected to its broker."""

from typing import Any

from celery import bootsteps

from grader.messaging import liveness


class Heartbeat(bootsteps.StartStopStep):  # type: ignore[misc]
    """Records every few seconds that this worker is alive (see `grader.messaging.liveness`)."""

    requires = ("celery.worker.consumer.tasks:Tasks",)
    interval = 5.0

    def __init__(self, consumer: Any, **options: Any) -> None:
        super().__init__(consumer, **options)
        self._entry: Any = None

    def start(self, consumer: Any) -> None:
        """Start, when the worker starts and after every reconnection."""
        self.tick(consumer)
        self._entry = consumer.timer.call_repeatedly(self.interval, self.tick, (consumer,))

    def stop(self, consumer: Any) -> None:
        """Stop when the connection ends."""
        if self._entry is not None:
            self._entry.cancel()

    def tick(self, consumer: Any) -> None:
        """Run once, every `interval` seconds."""
        liveness.record_alive()
