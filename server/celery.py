"""The server's Celery app: sends jobs to the graders, and runs the tasks that use the database.

    celery -A server worker -B -Q records

Its settings are in `server.settings.base`, with the prefix CELERY_.
"""

import sys
import time

from celery import Celery, Task
from celery.signals import celeryd_init, task_postrun, task_prerun, worker_init, worker_ready
from django.conf import settings
from django.db import close_old_connections, connections

from grader.messaging.heartbeat import Heartbeat
from grader.messaging.redis_transport import install_transport
from grader.telemetry import metrics, task_context
from server.settings.databases import one_at_a_time
from server.settings.required import require_settings

# How long a database connection counts as working after a task (seconds). A check costs as much as a statement.
FRESH_SECONDS = 5.0
_connections_worked_at = [-FRESH_SECONDS]

require_settings()

app = Celery("server")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# By default Celery closes the database connection around each task. See `prepare_connections`.
app.conf.CELERY_DB_REUSE_MAX = sys.maxsize
app.steps["consumer"].add(Heartbeat)
install_transport()
task_context.connect()


@celeryd_init.connect
def _share_metrics(**_: object) -> None:
    metrics.share_in_worker()


@worker_ready.connect
def _publish_metrics(**_: object) -> None:
    metrics.serve()


@worker_init.connect
def _keep_a_connection(**_: object) -> None:
    """Make each process of a worker keep one connection: opening one costs more than most tasks."""
    for database in settings.DATABASES.values():
        database.update(one_at_a_time(database))


@task_prerun.connect
def prepare_connections(task: Task, **_: object) -> None:
    """Close a connection that is too old or broken; Django opens another when it is needed.

    A connection that just worked is not checked for a task that is tried again if its connection is broken.
    """
    if task.request.is_eager:  # an eager task uses its caller's connection
        return
    close_old_connections()
    if getattr(task, "autoretry_for", ()) and time.monotonic() - _connections_worked_at[0] < FRESH_SECONDS:
        for connection in connections.all(initialized_only=True):
            connection.health_check_done = True  # type: ignore[attr-defined]


@task_postrun.connect
def close_bad_connections(task: Task, **_: object) -> None:
    """Close a connection that broke during a task, or is too old."""
    if not task.request.is_eager:
        close_old_connections()
        _connections_worked_at[0] = time.monotonic()
