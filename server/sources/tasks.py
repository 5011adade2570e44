"""The Celery tasks of sources: one line each around a plain function. Their names are part of the protocol."""

from celery import shared_task

from server.courses.models import Course
from server.sources import fetching, taking


@shared_task(name="sources.fetch")
def fetch(pk: int) -> None:
    """Read a source that waits."""
    fetching.fetch_source(pk)


@shared_task(name="sources.advance")
def advance(course: int) -> None:
    """Go on with a course's packages after a verification."""
    taking.advance(Course.objects.get(pk=course))


@shared_task(name="sources.poll")
def poll() -> None:
    """Ask for the fetches that are due."""
    fetching.poll()
