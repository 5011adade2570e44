"""The server's end of the queue: sends jobs to the graders, runs the tasks that touch the database.

    celery -A server worker -B -Q records

What it is set to stands in `server.settings.base`, under CELERY_.
"""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "server.settings.demo")

app = Celery("server")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
