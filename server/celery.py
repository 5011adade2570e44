"""The server's end of the queue: sends jobs to the graders, runs the tasks that touch the database.

    celery -A server worker -B -Q records

What it is set to stands in `server.settings.base`, under CELERY_.
"""

import os
import sys

from celery import Celery, Task
from celery.signals import task_postrun, task_prerun, worker_init, worker_ready
from django.conf import settings
from django.db import close_old_connections

from grader.messaging.heartbeat import Heartbeat
from grader.messaging.redis_transport import drop_what_cannot_be_read
from grader.telemetry import metrics, task_context
from server.settings.databases import one_at_a_time

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "server.settings.demo")

app = Celery("server")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# Celery would close the connection to the database around each task; see below.
app.conf.CELERY_DB_REUSE_MAX = sys.maxsize
app.steps["consumer"].add(Heartbeat)
drop_what_cannot_be_read()
task_context.follow()


@worker_ready.connect
def _tell_numbers(**_: object) -> None:
    metrics.tell()


@worker_init.connect
def _keep_a_connection(**_: object) -> None:
    """Have each of a worker's processes keep a connection: to open one costs more than most tasks do."""
    for database in settings.DATABASES.values():
        database.update(one_at_a_time(database))


@task_prerun.connect
@task_postrun.connect
def _look_after_it(task: Task, **_: object) -> None:
    """Have a connection closed that is too old or broken; another is opened when it is needed."""
    if not task.request.is_eager:  # else the connection is that of whoever called
        close_old_connections()
