"""The Celery task of the gradebook."""

from celery import shared_task

from server.gradebook import releases


@shared_task(name="gradebook.release")
def release_due() -> None:
    """Release the results whose time has come."""
    releases.release_due()
