"""Webhook endpoints, and the delivery log."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from ninja import Query, Router

from server.api import selectors
from server.api.access import Access
from server.api.admission import BearerToken
from server.api.endpoints.parameters import IdPage, Key, UuidPage
from server.api.idempotency import once
from server.api.models import TokenScope
from server.api.presentation import ROOT, show_delivery, show_endpoint, show_endpoint_with_secret
from server.api.problems import At, Code, Problem
from server.api.responses import respond, respond_page
from server.api.schemas import (
    DeliveryOut,
    EndpointChange,
    EndpointOut,
    EndpointWithSecret,
    Id,
    NewEndpoint,
    Page,
)
from server.courses.models import Course
from server.outbox.addresses import AddressRefused
from server.webhooks import services
from server.webhooks.models import DeliveryState

router = Router(tags=["Webhooks"])
# A token sees the endpoints whose events it can read (see `selectors.may_hear`).
READER = BearerToken(
    TokenScope.SUBMISSIONS_READ, TokenScope.GRADES_READ, TokenScope.WEBHOOKS_WRITE, right="integrations.manage"
)
WRITER = BearerToken(TokenScope.WEBHOOKS_WRITE)


@router.post(
    "/webhook-endpoints",
    response={201: EndpointWithSecret},
    auth=WRITER,
    operation_id="create_webhook_endpoint",
)
def create(request: Any, body: NewEndpoint, key: Key = None) -> HttpResponse:
    """Send events to an address. Only this answer contains the secret that signs them."""

    def work() -> HttpResponse:
        course = _course_for(request.auth, body)
        try:
            row = services.add_endpoint(course, url=body.url, events=body.events)
        except AddressRefused as error:
            raise Problem(Code.INVALID, str(error), [At(pointer="/url", detail=str(error))]) from None
        location = request.build_absolute_uri(f"{ROOT}/webhook-endpoints/{row.pk}")
        return respond(show_endpoint_with_secret(row), status=201, headers={"Location": location})

    return once(request, key, work, check=lambda: _course_for(request.auth, body))


def _course_for(access: Access, body: NewEndpoint) -> Course:
    """Return the course of a new endpoint. Raises Problem if the token cannot read the data of its events."""
    course = selectors.get_course(access, body.course, pointer="/course")
    unheard = [event for event in body.events if not selectors.may_hear(access, event)]
    if unheard:
        raise Problem(Code.FORBIDDEN, f"This token lacks the scope that reads the data of {', '.join(unheard)}.")
    return course


@router.get(
    "/webhook-endpoints",
    response=Page[EndpointOut],
    auth=READER,
    operation_id="list_webhook_endpoints",
)
def list_endpoints(request: Any, page: Query[IdPage]) -> HttpResponse:
    """The addresses that receive events."""
    rows = selectors.endpoints(request.auth)
    rows = rows.filter(pk__gt=page.cursor) if page.cursor else rows
    return respond_page(
        request, rows, limit=page.limit, cursor=lambda row: row.pk, show=lambda rows: list(map(show_endpoint, rows))
    )


@router.get(
    "/webhook-endpoints/{endpoint}",
    response=EndpointOut,
    auth=READER,
    operation_id="get_webhook_endpoint",
)
def get_endpoint(request: Any, endpoint: Id) -> HttpResponse:
    """One webhook endpoint."""
    return respond(show_endpoint(selectors.get_endpoint(request.auth, endpoint)))


@router.patch(
    "/webhook-endpoints/{endpoint}",
    response=EndpointOut,
    auth=WRITER,
    operation_id="change_webhook_endpoint",
)
def change(request: Any, endpoint: Id, body: EndpointChange) -> HttpResponse:
    """Disable an endpoint, or enable it again: then its pending deliveries are sent."""
    row = selectors.get_endpoint(request.auth, endpoint)
    return respond(show_endpoint(services.enable(row) if body.enabled else services.disable(row, because="Asked to.")))


@router.post(
    "/webhook-endpoints/{endpoint}/secret",
    response=EndpointWithSecret,
    auth=WRITER,
    operation_id="rotate_webhook_secret",
)
def rotate(request: Any, endpoint: Id, key: Key = None) -> HttpResponse:
    """Create a new secret. For 24 hours both secrets sign, so that you can change over."""

    def work() -> HttpResponse:
        return respond(show_endpoint_with_secret(services.rotate(selectors.get_endpoint(request.auth, endpoint))))

    return once(request, key, work, check=lambda: selectors.get_endpoint(request.auth, endpoint))


@router.delete(
    "/webhook-endpoints/{endpoint}",
    response={204: None},
    auth=WRITER,
    operation_id="delete_webhook_endpoint",
)
def delete(request: Any, endpoint: Id) -> HttpResponse:
    """Delete an endpoint and its delivery log."""
    services.delete(selectors.get_endpoint(request.auth, endpoint))
    return HttpResponse(status=204)


class DeliveryFilter(UuidPage):
    """The filters for deliveries."""

    endpoint: Id | None = None
    state: DeliveryState | None = None


@router.get(
    "/webhook-deliveries",
    response=Page[DeliveryOut],
    auth=READER,
    operation_id="list_webhook_deliveries",
)
def list_deliveries(request: Any, page: Query[DeliveryFilter]) -> HttpResponse:
    """The delivery log, oldest first, each with all its tries."""
    wanted = {"endpoint": page.endpoint, "state": page.state, "pk__gt": page.cursor}
    rows = selectors.deliveries(request.auth)
    rows = rows.filter(**{name: value for name, value in wanted.items() if value is not None})
    return respond_page(
        request, rows, limit=page.limit, cursor=lambda row: row.pk, show=lambda rows: list(map(show_delivery, rows))
    )


@router.get(
    "/webhook-deliveries/{delivery}",
    response=DeliveryOut,
    auth=READER,
    operation_id="get_webhook_delivery",
)
def get_delivery(request: Any, delivery: UUID) -> HttpResponse:
    """One delivery with its tries."""
    return respond(show_delivery(selectors.get_delivery(request.auth, delivery)))


@router.post(
    "/webhook-deliveries/{delivery}/replay",
    response={202: DeliveryOut},
    auth=WRITER,
    operation_id="replay_webhook_delivery",
)
def replay(request: Any, delivery: UUID, key: Key = None) -> HttpResponse:
    """Send it again, with the same `webhook-id`, so that the receiver can recognize a copy."""

    def work() -> HttpResponse:
        services.replay(selectors.get_delivery(request.auth, delivery))
        return respond(show_delivery(selectors.get_delivery(request.auth, delivery)), status=202)

    return once(request, key, work, check=lambda: selectors.get_delivery(request.auth, delivery))
