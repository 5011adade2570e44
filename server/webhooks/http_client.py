"""Requests to webhook endpoints, with the limits of `WEBHOOKS_TIMEOUT` and `WEBHOOKS_ALLOW_PRIVATE`."""

from collections.abc import Mapping

from django.conf import settings

from server.outbox import addresses, http_client
from server.outbox.http_client import Answer


def check_url(url: str) -> None:
    """Raise AddressRefused if a URL is not one that we send to. Does not resolve its name."""
    addresses.check_url(url, allow_private=settings.WEBHOOKS_ALLOW_PRIVATE)


def post(url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """Send a body and return what came back, without its body. Never raises because of the receiver or the network."""
    return http_client.request(
        "POST",
        url,
        body=body,
        headers=headers,
        timeout=settings.WEBHOOKS_TIMEOUT,
        allow_private=settings.WEBHOOKS_ALLOW_PRIVATE,
    )
