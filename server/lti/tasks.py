"""The tasks of LTI: one line each around a plain function. Their names are part of the protocol."""

import structlog
from celery import Task, shared_task
from kombu.exceptions import OperationalError

from server.lti.grades import outbox, passback, reconciliation
from server.lti.launch import login
from server.lti.members import rosters
from server.lti.models import LineItem

log = structlog.get_logger(__name__)


@shared_task(name="lti.send")
def send(pk: int) -> None:
    """Make one try at sending a score."""
    passback.send(pk)


@shared_task(name="lti.sweep")
def sweep() -> None:
    """Send what is due: later tries, and what a lost queue forgot."""
    for pk in passback.due():
        send_soon(pk)
    for pk in reconciliation.overdue():
        compare_soon(pk)


@shared_task(name="lti.compare")
def compare(pk: int) -> None:
    """Compare a column with our grades."""
    reconciliation.compare(pk)


@shared_task(name="lti.rosters")
def sync_rosters() -> None:
    """Bring the rosters in step that nobody looked at for a while."""
    rosters.sync_due()


@shared_task(name="lti.tidy")
def tidy() -> None:
    """Note scores that slipped through between a launch and a grade at the same moment; forget what is over."""
    outbox.note(LineItem.objects.all())
    login.forget()
    passback.forget()


def send_soon(pk: int) -> None:
    """Queue a try. A dead broker loses nothing: the sweep comes by."""
    _soon(send, pk)


def compare_soon(pk: int) -> None:
    """Queue a comparison; the sweep comes by here, too."""
    _soon(compare, pk)


def rosters_soon() -> None:
    """Queue a look at the rosters that are due."""
    _soon(sync_rosters)


def _soon(task: Task, *args: int) -> None:
    try:
        task.apply_async(args, queue="records", retry_policy={"max_retries": 1, "interval_start": 0.1})
    except OperationalError:
        log.exception("broker_unreachable", task=task.name, args=args)
