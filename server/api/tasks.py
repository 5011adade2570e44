"""The API's Celery tasks. Their names are part of the protocol between versions."""

from celery import shared_task

from server.api import idempotency


@shared_task(name="api.forget")
def delete_old_answers() -> None:
    """Delete the answers that are a day old."""
    idempotency.delete_old_answers()
