"""Sending deliveries: one try at a time, later again where it fails, until it is given up.

A try is claimed before it is made, in a transaction of its own: no two workers make the same, and one whose worker
died is made again when its lease runs out. So everything is delivered at least once; `webhook-id` tells copies apart.
"""

import json
import random
import time
from datetime import timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from grader.telemetry import metrics
from server.webhooks import services, signing, transport
from server.webhooks.models import Delivery, DeliveryState, Try
from server.webhooks.transport import Answer

log = structlog.get_logger(__name__)

# How long to wait before the next try (seconds): ten in all, over two days. Each wait is up to a quarter longer, so
# that not all come back at once when the other side wakes up.
WAITS = (5, 30, 120, 600, 1_800, 7_200, 21_600, 43_200, 86_400)
JITTER = 0.25
LONGEST_WAIT = 86_400
GONE = 410
BUSY = frozenset({429, 503})


def deliver(pk: UUID) -> DeliveryState | None:
    """Make one try at a delivery that is due and return where it then is; None where there is nothing to do."""
    delivery = _claim(pk)
    if delivery is None:
        return None
    began, at = time.monotonic(), timezone.now()
    answer = _send(delivery)
    seconds = round(time.monotonic() - began, 3)
    Try.objects.create(delivery=delivery, at=at, status=answer.status, error=answer.error, seconds=seconds)
    _settle(delivery, answer)
    metrics.webhook_tries.labels(delivery.state).inc()
    log.info("webhook_tried", delivery=str(pk), status=answer.status, error=answer.error, state=delivery.state)
    return DeliveryState(delivery.state)


def due() -> list[UUID]:
    """Return the deliveries whose time has come, the oldest first; a bounded number."""
    rows = Delivery.objects.filter(state=DeliveryState.PENDING, due_at__lte=timezone.now(), endpoint__enabled=True)
    return list(rows.order_by("due_at").values_list("pk", flat=True)[:200])


def wait_before_next(tried: int, answer: Answer) -> float | None:
    """Return the seconds to wait after so many tries; None where there is no next. Heeds Retry-After of 429 and 503."""
    if tried > len(WAITS):
        return None
    wait = WAITS[tried - 1] * (1 + random.uniform(0, JITTER))  # noqa: S311 nothing secret about it
    asked = answer.retry_after if answer.status in BUSY else None
    return max(wait, min(asked or 0, LONGEST_WAIT))


@transaction.atomic
def _claim(pk: UUID) -> Delivery | None:
    delivery = (
        Delivery.objects.select_for_update(of=("self",)).select_related("endpoint", "event").filter(pk=pk).first()
    )
    now = timezone.now()
    if delivery is None or delivery.state != DeliveryState.PENDING or delivery.due_at > now:
        return None
    if not delivery.endpoint.enabled:
        return None
    delivery.tried += 1
    delivery.due_at = now + timedelta(seconds=4 * settings.WEBHOOKS_TIMEOUT)
    delivery.save(update_fields=["tried", "due_at"])
    return delivery


def _send(delivery: Delivery) -> Answer:
    now = timezone.now()
    body = json.dumps(delivery.event.payload, separators=(",", ":")).encode()
    signed = signing.headers(delivery.endpoint.secrets(now), message=delivery.event.webhook_id, at=now, body=body)
    headers = {"Content-Type": "application/json", "User-Agent": "Chainrule-Webhooks/1", **signed}
    return transport.post(delivery.endpoint.url, body, headers)


@transaction.atomic
def _settle(delivery: Delivery, answer: Answer) -> None:
    if answer.accepted:
        return services.end(delivery, DeliveryState.DELIVERED)
    if answer.status == GONE:
        services.end(delivery, DeliveryState.FAILED)
        services.disable(delivery.endpoint, because="It answered 410: it is gone.", notify=True)
        return None
    wait = wait_before_next(delivery.tried, answer)
    if wait is None:
        services.end(delivery, DeliveryState.FAILED)
        because = f"{delivery.tried} tries at a delivery failed: {answer.error or f'it answered {answer.status}'}."
        services.disable(delivery.endpoint, because=because, notify=True)
        return None
    delivery.due_at = timezone.now() + timedelta(seconds=wait)
    delivery.save(update_fields=["due_at"])
    return None
