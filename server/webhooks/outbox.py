"""Records events in the transaction of the change itself, so that no event is lost and none is invented.

The payload is thin: to read more, the receiver needs a token. A course without endpoints has no events.
"""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import prefetch_related_objects
from django.utils import timezone

from server import queue
from server.courses.models import Course
from server.gradebook.held_results import is_held
from server.gradebook.models import Assignment, GradeChange
from server.regrades.models import Regrade
from server.submissions.models import Kind, State, Submission
from server.webhooks.models import Delivery, Endpoint, Event, EventType

# How many rows one statement inserts.
BATCH = 500
OF_STATE = {State.GRADED: EventType.SUBMISSION_GRADED, State.UNGRADABLE: EventType.SUBMISSION_UNGRADABLE}


@transaction.atomic(savepoint=False)
def record_event(course: Course, kind: EventType, data_of: Callable[[], dict[str, Any]]) -> Event | None:
    """Record an event for each endpoint of the course that receives its kind; None if there is no such endpoint.

    `data_of` is called only if there is one. The endpoints are read once for each `course` object.
    """
    prefetch_related_objects([course], "webhook_endpoints")
    endpoints = [one for one in course.webhook_endpoints.all() if kind in one.events]
    if not endpoints:
        return None
    now = timezone.now()
    payload = {"type": kind.value, "timestamp": now.isoformat(), "data": data_of()}
    event = Event.objects.create(course=course, type=kind, payload=payload)
    Delivery.objects.bulk_create(Delivery(event=event, endpoint=one, due_at=now) for one in endpoints)
    transaction.on_commit(lambda: _publish(event))
    return event


def _publish(event: Event) -> None:
    for delivery in event.deliveries.filter(endpoint__enabled=True).values_list("pk", flat=True):
        publish_delivery(delivery)


def publish_delivery(pk: UUID) -> None:
    """Publish one try at a delivery. If the message is lost, `webhooks.sweep` publishes it again."""
    queue.publish("webhooks.deliver", str(pk))


def on_report(*, submission: Submission, **_: Any) -> None:
    """Record that a submission was graded, or could not be run. Test runs are not reported to others."""
    kind = OF_STATE.get(State(submission.state))
    if kind is not None and submission.kind == Kind.SUBMIT:
        record_event(
            submission.assignment.course,
            kind,
            lambda: _submission(submission, held=is_held(submission.assignment_id)),
        )


def on_grade(*, change: GradeChange, **_: Any) -> None:
    """Record that a grade changed."""
    assignment = change.assignment
    record_event(
        assignment.course,
        EventType.GRADE_CHANGED,
        lambda: _grade(assignment, change.learner, change.new["final"], held=is_held(assignment.pk)),
    )


def on_release(*, assignment: Assignment, **_: Any) -> None:
    """Record again, with scores, what was held back. `webhooks.sweep` sends it, a batch at a time."""
    endpoints = list(Endpoint.objects.filter(course=assignment.course))
    wanted = {kind for one in endpoints for kind in one.events}
    found: list[tuple[EventType, dict[str, Any]]] = []
    if EventType.SUBMISSION_GRADED in wanted:
        rows = assignment.submissions.graded_attempts().select_related("learner").order_by("pk")
        for row in rows.only("given", "max", "learner__external_id"):
            row.assignment = assignment
            found.append((EventType.SUBMISSION_GRADED, _submission(row, held=False)))
    if EventType.GRADE_CHANGED in wanted:
        grades = assignment.grades.exclude(final=None).select_related("learner").order_by("pk")
        data = (_grade(assignment, grade.learner, grade.final, held=False) for grade in grades)
        found += [(EventType.GRADE_CHANGED, one) for one in data]
    _record_many(assignment.course, endpoints, found)


def _record_many(course: Course, endpoints: list[Endpoint], found: list[tuple[EventType, dict[str, Any]]]) -> None:
    now = timezone.now()
    events = [
        Event(course=course, type=kind, payload={"type": kind.value, "timestamp": now.isoformat(), "data": data})
        for kind, data in found
    ]
    Event.objects.bulk_create(events, batch_size=BATCH)
    deliveries = (
        Delivery(event=event, endpoint=one, due_at=now)
        for event in events
        for one in endpoints
        if event.type in one.events
    )
    Delivery.objects.bulk_create(deliveries, batch_size=BATCH)


def on_regrade(*, regrade: Regrade, changes: Sequence[GradeChange], **_: Any) -> None:
    """Record that a regrade was applied: to which assignments, and how many grades it changed."""
    record_event(
        regrade.course,
        EventType.REGRADE_APPLIED,
        lambda: {
            "course": regrade.course.slug,
            "regrade": regrade.pk,
            "assignments": sorted(regrade.assignments.values_list("pk", flat=True)),
            "changed": len(changes),
            "link": api_url(f"/grades?course={regrade.course.slug}"),
        },
    )


def _submission(row: Submission, *, held: bool) -> dict[str, Any]:
    """Return the data of an event. If the result is held back, it is not in it: the receiver can show it to anybody."""
    return {
        "course": row.assignment.course.slug,
        "submission": str(row.pk),
        "assignment": row.assignment_id,
        "user": _user(row.learner),
        "score": None if held else _score(row.given, row.max),
        "held": held,
        "link": api_url(f"/submissions/{row.pk}"),
    }


def _grade(assignment: Assignment, learner: Any, final: float | None, *, held: bool) -> dict[str, Any]:
    return {
        "course": assignment.course.slug,
        "assignment": assignment.pk,
        "user": _user(learner),
        "score": None if held else _score(final, assignment.points),
        "held": held,
        "link": api_url(f"/grades/{assignment.pk}/{learner.pk}"),
    }


def _user(user: Any) -> dict[str, Any]:
    return {"id": user.pk, "external_id": user.external_id}


def _score(points: float | None, max_points: float | None) -> dict[str, float] | None:
    return None if points is None or max_points is None else {"given": points, "max": max_points}


def api_url(path: str) -> str:
    """Return the public address of an API resource."""
    return f"{settings.PUBLIC_URL}/api/v1{path}"
