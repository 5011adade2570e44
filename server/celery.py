"""The server's end of the queue: sends jobs to the graders, runs the tasks that touch the database.

    celery -A server worker -B -Q records

What it is set to stands in `server.settings.base`, under CELERY_.
"""

import os

from celery import Celery
from celery.signals import worker_ready

from grader import metrics, tracing
from grader.heartbeat import Heartbeat

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "server.settings.demo")

app = Celery("server")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["consumer"].add(Heartbeat)
tracing.follow()


@worker_ready.connect
def _tell_numbers(**_: object) -> None:
    metrics.tell()
