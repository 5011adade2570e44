"""LTI's Celery tasks: one line each around a plain function. Their names are part of the protocol between versions."""

from celery import shared_task

from server.lti.grades import outbox, passback, reconciliation
from server.lti.launch import login
from server.lti.members import rosters
from server.lti.models import LineItem
from server.lti.publish import publish_compare, publish_send


@shared_task(name="lti.send")
def send(pk: int) -> None:
    """Make one try at sending a score."""
    passback.send(pk)


@shared_task(name="lti.sweep")
def publish_due() -> None:
    """Publish what is due: retries, and tasks whose message was lost."""
    for pk in passback.due():
        publish_send(pk)
    for pk in reconciliation.overdue():
        publish_compare(pk)


@shared_task(name="lti.compare")
def compare(pk: int) -> None:
    """Compare a column with our grades."""
    reconciliation.compare(pk)


@shared_task(name="lti.rosters")
def sync_rosters() -> None:
    """Synchronize the rosters that were not read for some hours."""
    rosters.sync_due()


@shared_task(name="lti.tidy")
def tidy() -> None:
    """Record scores that a launch and a grade at the same moment have missed; delete old logins and tries."""
    outbox.update_passbacks(LineItem.objects.all())
    login.delete_expired()
    passback.delete_old_tries()
