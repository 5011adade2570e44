"""The Celery task of retention: one line around a plain function. Its name is part of the protocol."""

from celery import shared_task

from server.privacy import retention


@shared_task(name="privacy.retain")
def retain() -> None:
    """Delete what is too old."""
    retention.retain()
