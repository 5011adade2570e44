"""Noting what happened, in the transaction in which it happens: an event is neither lost nor made up.

The payload is thin: who asks for more needs a token. A course without listeners has no events.
"""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from server.courses.models import Course
from server.gradebook.models import GradeChange
from server.regrades.models import Regrade
from server.submissions.models import Kind, State, Submission
from server.webhooks.models import Delivery, Endpoint, Event, EventType

OF_STATE = {State.GRADED: EventType.SUBMISSION_GRADED, State.UNGRADABLE: EventType.SUBMISSION_UNGRADABLE}


@transaction.atomic
def note(course: Course, kind: EventType, data: dict[str, Any]) -> Event | None:
    """Write an event down for every endpoint of the course that wants to hear of it; None where there is none."""
    wanting = [one for one in Endpoint.objects.filter(course=course) if kind in one.events]
    if not wanting:
        return None
    now = timezone.now()
    payload = {"type": kind.value, "timestamp": now.isoformat(), "data": data}
    event = Event.objects.create(course=course, type=kind, payload=payload)
    Delivery.objects.bulk_create(Delivery(event=event, endpoint=one, due_at=now) for one in wanting)
    transaction.on_commit(lambda: _send(event))
    return event


def _send(event: Event) -> None:
    from server.webhooks.tasks import send_soon  # noqa: PLC0415 the tasks need the delivery, which needs the models

    for delivery in event.deliveries.filter(endpoint__enabled=True).values_list("pk", flat=True):
        send_soon(delivery)


def on_report(*, submission: Submission, **_: Any) -> None:
    """Note that a submission was graded, or could not be run. A free check is nobody else's business."""
    kind = OF_STATE.get(State(submission.state))
    if kind is not None and submission.kind == Kind.SUBMIT:
        note(submission.assignment.course, kind, _submission(submission))


def on_grade(*, change: GradeChange, **_: Any) -> None:
    """Note that a grade changed."""
    data = {
        "course": change.assignment.course.slug,
        "assignment": change.assignment_id,
        "user": _user(change.learner),
        "score": _score(change.new["final"], change.assignment.points),
        "link": link(f"/grades/{change.assignment_id}/{change.learner_id}"),
    }
    note(change.assignment.course, EventType.GRADE_CHANGED, data)


def on_regrade(*, regrade: Regrade, changes: Sequence[GradeChange], **_: Any) -> None:
    """Note that a regrade was applied: to which assignments, and how many grades it changed."""
    data = {
        "course": regrade.course.slug,
        "regrade": regrade.pk,
        "assignments": sorted(regrade.assignments.values_list("pk", flat=True)),
        "changed": len(changes),
        "link": link(f"/grades?course={regrade.course.slug}"),
    }
    note(regrade.course, EventType.REGRADE_APPLIED, data)


def _submission(row: Submission) -> dict[str, Any]:
    return {
        "course": row.assignment.course.slug,
        "submission": str(row.pk),
        "assignment": row.assignment_id,
        "user": _user(row.learner),
        "score": _score(row.given, row.max),
        "link": link(f"/submissions/{row.pk}"),
    }


def _user(user: Any) -> dict[str, Any]:
    return {"id": user.pk, "external_id": user.external_id}


def _score(given: float | None, most: float | None) -> dict[str, float] | None:
    return None if given is None or most is None else {"given": given, "max": most}


def link(path: str) -> str:
    """Return the public address of something in the API."""
    return f"{settings.PUBLIC_URL}/api/v1{path}"
