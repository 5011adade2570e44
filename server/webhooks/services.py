"""Every write to webhook endpoints and deliveries, except the tries themselves (see `delivery`)."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone

from server.audit.models import AuditAction
from server.audit.services import public_part, record
from server.courses.models import Course
from server.webhooks import notices
from server.webhooks.http_client import check_url
from server.webhooks.models import Delivery, DeliveryState, Endpoint, EventType
from server.webhooks.signing import new_secret

log = structlog.get_logger(__name__)

BOTH_SIGN_FOR = timedelta(hours=24)


@transaction.atomic
def add_endpoint(course: Course, *, url: str, events: Iterable[EventType]) -> Endpoint:
    """Send events of a course to a URL. Raises AddressRefused if it is not a URL that we send to."""
    check_url(url)
    row = Endpoint.objects.create(course=course, url=url, events=sorted({str(event) for event in events}))
    _audit(AuditAction.WEBHOOK_ADDED, row, after=", ".join(row.events))
    return row


@transaction.atomic
def rotate(endpoint: Endpoint) -> Endpoint:
    """Replace the secret. For a day, events are signed with both secrets."""
    endpoint.former_secret, endpoint.former_until = endpoint.secret, timezone.now() + BOTH_SIGN_FOR
    endpoint.secret = new_secret()
    endpoint.save(update_fields=["secret", "former_secret", "former_until"])
    _audit(AuditAction.WEBHOOK_SECRET, endpoint)
    return endpoint


@transaction.atomic
def disable(endpoint: Endpoint, *, because: str, notify: bool = False) -> Endpoint:
    """Stop sending to an endpoint until it is enabled again. Pending deliveries stay pending."""
    endpoint.enabled, endpoint.disabled_because = False, because[:300]
    endpoint.save(update_fields=["enabled", "disabled_because"])
    _audit(AuditAction.WEBHOOK_DISABLED, endpoint, why=because)
    log.warning("webhook_disabled", endpoint=endpoint.pk, url=endpoint.url, because=because)
    if notify:
        notices.mail_instructors(endpoint)
    return endpoint


@transaction.atomic
def enable(endpoint: Endpoint) -> Endpoint:
    """Send to an endpoint again, beginning with its pending deliveries."""
    endpoint.enabled, endpoint.disabled_because = True, ""
    endpoint.save(update_fields=["enabled", "disabled_because"])
    waiting = Delivery.objects.filter(endpoint=endpoint, state=DeliveryState.PENDING)
    waiting.update(due_at=timezone.now(), tried=0)
    _audit(AuditAction.WEBHOOK_ENABLED, endpoint)
    return endpoint


@transaction.atomic
def delete(endpoint: Endpoint) -> None:
    """Delete an endpoint with its delivery log."""
    _audit(AuditAction.WEBHOOK_DELETED, endpoint)
    endpoint.delete()


def replay(delivery: Delivery) -> None:
    """Send a delivery again, in whichever state it is, with the full number of tries."""
    delivery.state, delivery.tried, delivery.due_at, delivery.finished_at = (
        DeliveryState.PENDING,
        0,
        timezone.now(),
        None,
    )
    delivery.save(update_fields=["state", "tried", "due_at", "finished_at"])


def end(delivery: Delivery, state: DeliveryState) -> None:
    """Set the final state of a delivery."""
    delivery.state, delivery.finished_at = state, timezone.now()
    delivery.save(update_fields=["state", "finished_at"])


def _audit(action: AuditAction, endpoint: Endpoint, **fields: Any) -> None:
    record(action, course=endpoint.course, what=public_part(endpoint.url), **fields)
