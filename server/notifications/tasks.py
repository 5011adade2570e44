"""The Celery tasks of notifications: one line each around a plain function. Their names are part of the protocol."""

from celery import shared_task

from server import queue
from server.notifications import batches, deadlines


@shared_task(name="notifications.collect")
def collect() -> None:
    """Make mails of news that are old enough. If there are more, the next message continues."""
    if batches.collect():
        queue.publish("notifications.collect")


@shared_task(name="notifications.remind")
def remind() -> None:
    """Remind learners of work that is due within a day."""
    deadlines.remind()
