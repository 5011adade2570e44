"""The Celery tasks of webhooks: one line each around a plain function. Their names are part of the protocol."""

from datetime import timedelta
from uuid import UUID

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from server.webhooks import delivery, outbox
from server.webhooks.models import Event


@shared_task(name="webhooks.deliver")
def deliver(pk: str) -> None:
    """Make one try at a delivery."""
    delivery.deliver(UUID(pk))


@shared_task(name="webhooks.sweep")
def publish_due() -> None:
    """Publish what is due: retries, and tasks whose message was lost."""
    for pk in delivery.due():
        outbox.publish_delivery(pk)


@shared_task(name="webhooks.forget")
def delete_old_events() -> None:
    """Delete events that are older than the operator wants to keep, with their delivery log."""
    if settings.KEEP_EVENTS_DAYS > 0:
        Event.objects.filter(created_at__lt=timezone.now() - timedelta(days=settings.KEEP_EVENTS_DAYS)).delete()
