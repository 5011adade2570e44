"""The tasks that send webhooks: one line each around a plain function. Their names are part of the protocol."""

from datetime import timedelta
from uuid import UUID

import structlog
from celery import shared_task
from django.utils import timezone
from kombu.exceptions import OperationalError

from server.webhooks import delivery
from server.webhooks.models import Event

log = structlog.get_logger(__name__)

KEPT_FOR = timedelta(days=30)


@shared_task(name="webhooks.deliver")
def deliver(pk: str) -> None:
    """Make one try at a delivery."""
    delivery.deliver(UUID(pk))


@shared_task(name="webhooks.sweep")
def sweep() -> None:
    """Send what is due: later tries, and what a lost queue forgot."""
    for pk in delivery.due():
        send_soon(pk)


@shared_task(name="webhooks.forget")
def forget() -> None:
    """Forget events of a month ago, with their log."""
    Event.objects.filter(created_at__lt=timezone.now() - KEPT_FOR).delete()


def send_soon(pk: UUID) -> None:
    """Queue a try. A dead broker loses nothing: the sweep comes by."""
    try:
        deliver.apply_async([str(pk)], queue="records", retry_policy={"max_retries": 1, "interval_start": 0.1})
    except OperationalError:
        log.exception("broker_unreachable", delivery=str(pk))
