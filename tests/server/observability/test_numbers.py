"""The numbers that are looked up when somebody asks."""

from datetime import timedelta

import pytest
from django.utils import timezone
from kombu import Connection

from server.celery import app
from server.observability import numbers
from server.observability.numbers import Numbers
from server.submissions.models import State, Submission
from server.webhooks.models import Delivery, Event
from server.webhooks.services import add_endpoint
from tests.support.people import make_submission


@pytest.fixture
def number():
    """Return a number by its name and labels, None where it is not told; all are looked up the first time."""
    found = {}

    def look(name, **labels):
        if not found:
            samples = [sample for metric in Numbers().collect() for sample in metric.samples]
            found.update({(one.name, *one.labels.items()): one.value for one in samples})
        return found.get((name, *labels.items()))

    return look


def ago(seconds):
    return timezone.now() - timedelta(seconds=seconds)


def test_the_age_of_a_queue_is_that_of_who_waits_longest_there(student, assignment, number):
    for seconds, state in ((500, State.CANCELLED), (200, State.QUEUED), (100, State.QUEUED)):
        row = make_submission(student, assignment)
        Submission.objects.filter(pk=row.pk).update(submitted_at=ago(seconds), state=state)

    assert 200 <= number("chainrule_queue_age_seconds", runtime="cpu") < 260
    assert number("chainrule_open_submissions", runtime="cpu") == 2
    assert number("chainrule_queue_age_seconds", runtime="gpu") == 0


def test_the_lag_of_webhooks_is_the_age_of_the_oldest_event_on_its_way(assignment, number):
    endpoint = add_endpoint(assignment.course, url="https://lms.example.org/hook", events=["grade.changed"])
    for seconds, state in ((500, "delivered"), (200, "pending"), (100, "pending")):
        event = Event.objects.create(course=assignment.course, type="grade.changed", payload={})
        Event.objects.filter(pk=event.pk).update(created_at=ago(seconds))
        # That the next try lies ahead does not make it less late.
        Delivery.objects.create(event=event, endpoint=endpoint, due_at=timezone.now() + timedelta(hours=1), state=state)

    assert 200 <= number("chainrule_webhooks_lag_seconds") < 260
    assert number("chainrule_webhooks_waiting") == 2


def test_without_a_broker_the_rest_is_told(db, number, monkeypatch):
    monkeypatch.setattr(numbers, "PATIENCE", 0.2)
    monkeypatch.setattr(app, "connection_for_write", lambda: Connection("redis://127.0.0.1:1/0"))

    assert number("chainrule_up", part="broker") == 0
    assert number("chainrule_queue_length", queue="grading.cpu") is None
    assert number("chainrule_up", part="database") == 1
    assert number("chainrule_queue_age_seconds", runtime="cpu") == 0
