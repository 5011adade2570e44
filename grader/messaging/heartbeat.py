"""Steps of a Celery worker's consumer that are taken again and again, as long as it is connected to its broker."""

from typing import Any

from celery import bootsteps

from grader.messaging import liveness


class Heartbeat(bootsteps.StartStopStep):  # type: ignore[misc]
    """Says that this worker is alive (see `grader.messaging.liveness`)."""

    requires = ("celery.worker.consumer.tasks:Tasks",)
    interval = 5.0

    def __init__(self, consumer: Any, **options: Any) -> None:
        super().__init__(consumer, **options)
        self._entry: Any = None

    def start(self, consumer: Any) -> None:
        """Begin, at the start and after every reconnection."""
        self.look(consumer)
        self._entry = consumer.timer.call_repeatedly(self.interval, self.look, (consumer,))

    def stop(self, consumer: Any) -> None:
        """End, as the connection does."""
        if self._entry is not None:
            self._entry.cancel()

    def look(self, consumer: Any) -> None:
        """Do what is to be done at every turn."""
        liveness.beat()
