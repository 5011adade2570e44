"""The API's housekeeping."""

from celery import shared_task

from server.api import idempotency


@shared_task(name="api.forget")
def forget() -> None:
    """Forget the answers to requests of yesterday."""
    idempotency.forget()
