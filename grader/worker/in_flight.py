"""Publishing which jobs this worker has in flight, so that the server can tell a slow job from a lost one.

In Redis, for each job: the key `held:<task id>`. It is refreshed while the worker has the job, and it expires a little
later, after the job's report has been recorded. A worker that died, hangs or lost its network refreshes nothing, and
the server sends its jobs to others.
"""

from collections.abc import Callable, Iterable
from typing import Any

import redis
import structlog
from celery import Celery, bootsteps
from celery.signals import task_received
from celery.worker.state import reserved_requests

from grader.worker.progress import best_effort_client

REFRESH_SECONDS = 2.0
EXPIRE_SECONDS = 8

log = structlog.get_logger()


def publisher(app: Celery) -> type[bootsteps.StartStopStep]:
    """Return a step of an app's consumer that publishes each arriving job and refreshes it every two seconds."""
    client = best_effort_client(app.conf.broker_read_url or app.conf.broker_url)

    def on_received(request: Any, **_: Any) -> None:
        publish(client, [request.id])

    task_received.connect(on_received, weak=False)
    return _step(lambda: publish(client, [request.id for request in list(reserved_requests)]))


def publish(client: redis.Redis, jobs: Iterable[str]) -> None:
    """Set or refresh the keys of these jobs. If the broker does not answer, that is logged and nothing else happens."""
    try:
        with client.pipeline(transaction=False) as pipe:
            for job in jobs:
                pipe.set(f"held:{job}", "", ex=EXPIRE_SECONDS)
            pipe.execute()
    except redis.RedisError as error:
        log.warning("in_flight_not_published", error=str(error))


def _step(refresh: Callable[[], None]) -> type[bootsteps.StartStopStep]:
    class InFlight(bootsteps.StartStopStep):  # type: ignore[misc]
        """Runs in the worker's main process, so that a busy or dead pool child changes nothing."""

        requires = ("celery.worker.consumer.tasks:Tasks",)

        def start(self, consumer: Any) -> None:
            self.timer = consumer.timer.call_repeatedly(REFRESH_SECONDS, refresh)

        def stop(self, consumer: Any) -> None:
            self.timer.cancel()

    return InFlight
