"""Telling the server which jobs this worker has in hand, so that it can tell a job that takes long from a lost one.

In Redis, per job: the key `held:<task id>`, kept alive while the job is here and a little longer, until its report has
been written down. A worker that died, hangs or was cut off says nothing, and its jobs are sent to others.
"""

from collections.abc import Callable, Iterable
from typing import Any

import redis
import structlog
from celery import Celery, bootsteps
from celery.signals import task_received
from celery.worker.state import reserved_requests

from grader.worker.progress import impatient

INTERVAL = 2.0
KEPT = 8

log = structlog.get_logger()


def tell_what_is_held(app: Celery) -> None:
    """Have the workers of an app say what they hold: at once when a job arrives, and then every other second."""
    client = impatient(app.conf.broker_read_url or app.conf.broker_url)

    def received(request: Any, **_: Any) -> None:
        hold(client, [request.id])

    task_received.connect(received, weak=False)
    app.steps["consumer"].add(_step(lambda: hold(client, [request.id for request in list(reserved_requests)])))


def hold(client: redis.Redis, jobs: Iterable[str]) -> None:
    """Keep the keys of these jobs alive. Without a broker there is nobody to tell: that is for the log only."""
    try:
        with client.pipeline(transaction=False) as pipe:
            for job in jobs:
                pipe.set(f"held:{job}", "", ex=KEPT)
            pipe.execute()
    except redis.RedisError as error:
        log.warning("what is held was not told", error=str(error))


def _step(beat: Callable[[], None]) -> type[bootsteps.StartStopStep]:
    class Holding(bootsteps.StartStopStep):  # type: ignore[misc]
        """Beats in the worker's own process, so that a pool child that is busy or dead changes nothing."""

        requires = ("celery.worker.consumer.tasks:Tasks",)

        def start(self, consumer: Any) -> None:
            self.timer = consumer.timer.call_repeatedly(INTERVAL, beat)

        def stop(self, consumer: Any) -> None:
            self.timer.cancel()

    return Holding
