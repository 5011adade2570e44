"""The tasks of snippets: one line each around a plain function. Their names are part of the protocol."""

from typing import Any

from celery import shared_task

from server.lessons import services


@shared_task(name="lessons.record")
def record(ran: dict[str, Any]) -> None:
    """Record the output of a snippet: `{"run", "token", "shown"}`."""
    services.record(**ran)


@shared_task(name="lessons.forget")
def forget() -> None:
    """Delete old runs."""
    services.forget()
