"""Sends deliveries: one try at a time, again later if it fails, until the last try (see `server.outbox`).

A delivery can arrive more than once; `webhook-id` is the same in all copies.
"""

import json
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from grader.telemetry import metrics
from server.outbox.http_client import Answer
from server.outbox.retries import wait_before_next
from server.outbox.sender import Sender
from server.webhooks import http_client, services, signing
from server.webhooks.models import Delivery, DeliveryState, Try

log = structlog.get_logger(__name__)

GONE = 410


def deliver(pk: UUID) -> DeliveryState | None:
    """Make one try at a delivery that is due and return its state afterwards; None if there is nothing to do."""
    state = SENDER.try_once(pk)
    return None if state is None else DeliveryState(state)


def due() -> list[UUID]:
    """Return the deliveries that are due, the oldest first; a limited number."""
    return SENDER.due()


class DeliverySender(Sender[Delivery, Answer]):
    """The outbox of webhooks. The lease is in `due_at`: until then, no other worker takes the delivery."""

    def rows(self) -> QuerySet[Delivery]:
        """Return all deliveries."""
        return Delivery.objects.select_related("endpoint", "event")

    def open_rows(self) -> QuerySet[Delivery]:
        """Return the deliveries to endpoints that are enabled."""
        return Delivery.objects.filter(endpoint__enabled=True)

    def prepare(self, row: Delivery, now: datetime) -> bool:
        """Send only to an endpoint that is enabled."""
        return row.endpoint.enabled

    def lease(self, row: Delivery, now: datetime) -> None:
        """Save the claim."""
        row.due_at = now + timedelta(seconds=4 * settings.WEBHOOKS_TIMEOUT)
        row.save(update_fields=["tried", "due_at"])

    def send(self, row: Delivery) -> Answer:
        """Send the event, signed."""
        now = timezone.now()
        body = json.dumps(row.event.payload, separators=(",", ":")).encode()
        signed = signing.headers(row.endpoint.secrets(now), message=row.event.webhook_id, at=now, body=body)
        headers = {"Content-Type": "application/json", "User-Agent": "Chainrule-Webhooks/1", **signed}
        return http_client.post(row.endpoint.url, body, headers)

    def record_try(self, row: Delivery, outcome: Answer, *, at: datetime, seconds: float) -> None:
        """Add the try to the delivery log."""
        error = outcome.error[:300]
        Try.objects.create(delivery=row, at=at, status=outcome.status, error=error, seconds=seconds)

    def settle(self, row: Delivery, outcome: Answer) -> str:
        """Finish the delivery, or schedule the next try. Disable the endpoint after 410 or the last try."""
        _settle(row, outcome)
        metrics.webhook_tries.labels(row.state).inc()
        log.info(
            "webhook_tried", delivery=str(row.pk), status=outcome.status, error=outcome.error[:300], state=row.state
        )
        return row.state


SENDER = DeliverySender()


def _settle(delivery: Delivery, answer: Answer) -> None:
    if answer.is_success:
        return services.end(delivery, DeliveryState.DELIVERED)
    if answer.status == GONE:
        services.end(delivery, DeliveryState.FAILED)
        services.disable(delivery.endpoint, because="It answered 410: it is gone.", notify=True)
        return None
    wait = wait_before_next(delivery.tried, status=answer.status, retry_after=answer.retry_after)
    if wait is None:
        services.end(delivery, DeliveryState.FAILED)
        because = f"{delivery.tried} tries at a delivery failed: {answer.error or f'it answered {answer.status}'}."
        services.disable(delivery.endpoint, because=because, notify=True)
        return None
    delivery.due_at = timezone.now() + timedelta(seconds=wait)
    delivery.save(update_fields=["due_at"])
    return None
