"""The Celery tasks of comparisons."""

from celery import shared_task

from server.similarity import services


@shared_task(name="similarity.step")
def step(comparison: int) -> None:
    """Compare the next assignment."""
    services.step(comparison)


@shared_task(name="similarity.sweep")
def reconcile() -> None:
    """Continue comparisons whose task was lost."""
    services.reconcile()
