"""The metrics that are read from database and broker for each scrape."""

from datetime import timedelta

import pytest
from django.utils import timezone
from kombu import Connection

from server.celery import app
from server.mail.models import Mail, MailKind
from server.mail.services import queue_notice
from server.observability import gauges
from server.observability.gauges import Gauges
from server.submissions.models import State, Submission
from server.webhooks.models import Delivery, Event
from server.webhooks.services import add_endpoint
from tests.support.people import make_student, make_submission


@pytest.fixture
def gauge():
    """Return a value by its name and labels, None if it is not reported. All are read at the first call."""
    found = {}

    def value_of(name, **labels):
        if not found:
            samples = [sample for metric in Gauges().collect() for sample in metric.samples]
            found.update({(one.name, *one.labels.items()): one.value for one in samples})
        return found.get((name, *labels.items()))

    return value_of


def ago(seconds):
    return timezone.now() - timedelta(seconds=seconds)


def test_the_queue_age_is_the_age_of_its_oldest_submission(student, assignment, gauge):
    for seconds, state in ((500, State.CANCELLED), (200, State.QUEUED), (100, State.QUEUED)):
        row = make_submission(student, assignment)
        Submission.objects.filter(pk=row.pk).update(submitted_at=ago(seconds), state=state)

    assert 200 <= gauge("chainrule_queue_age_seconds", runtime="cpu") < 260
    assert gauge("chainrule_open_submissions", runtime="cpu") == 2
    assert gauge("chainrule_queue_age_seconds", runtime="gpu") == 0


def test_the_webhook_delay_is_the_age_of_the_oldest_event(assignment, gauge):
    endpoint = add_endpoint(assignment.course, url="https://lms.example.org/hook", events=["grade.changed"])
    for seconds, state in ((500, "delivered"), (200, "pending"), (100, "pending")):
        event = Event.objects.create(course=assignment.course, type="grade.changed", payload={})
        Event.objects.filter(pk=event.pk).update(created_at=ago(seconds))
        # A next try in the future does not make the event less late.
        Delivery.objects.create(event=event, endpoint=endpoint, due_at=timezone.now() + timedelta(hours=1), state=state)

    assert 200 <= gauge("chainrule_webhooks_lag_seconds") < 260
    assert gauge("chainrule_webhooks_waiting") == 2


def test_mails_that_wait_or_are_lost_are_counted(course, gauge):
    ada = make_student(course, email="ada@example.org")
    for state, seconds in (("pending", 200), ("sent", 500), ("refused", 500), ("refused", 500), ("failed", 500)):
        queue_notice(MailKind.SECURITY, [ada], "Locked", "your account is locked.")
        last = Mail.objects.order_by("-pk").first()
        Mail.objects.filter(pk=last.pk).update(state=state, created_at=ago(seconds), finished_at=timezone.now())

    assert gauge("chainrule_mails_waiting") == 1
    assert 200 <= gauge("chainrule_mails_lag_seconds") < 260
    assert gauge("chainrule_mails_lost", state="refused") == 2
    assert gauge("chainrule_mails_lost", state="failed") == 1


def test_without_a_broker_the_other_metrics_are_reported(db, gauge, monkeypatch):
    monkeypatch.setattr(gauges, "TIMEOUT", 0.2)
    monkeypatch.setattr(app, "connection_for_write", lambda: Connection("redis://127.0.0.1:1/0"))

    assert gauge("chainrule_up", part="broker") == 0
    assert gauge("chainrule_queue_length", queue="grading.cpu") is None
    assert gauge("chainrule_up", part="database") == 1
    assert gauge("chainrule_queue_age_seconds", runtime="cpu") == 0
