"""Which events are written, and in which transaction."""

import json

import pytest
from django.db import transaction

from grader.protocol.reports import Outcome
from server.gradebook.models import Action
from server.gradebook.services import decide
from server.regrades.models import Regrade
from server.regrades.signals import regrade_applied
from server.submissions.models import State, Submission
from server.webhooks import services
from server.webhooks.models import Delivery, Event, EventType
from tests.support.people import graded, make_course, make_report, make_submission, make_user, record

pytestmark = pytest.mark.django_db


def event_types():
    return [event.type for event in Event.objects.order_by("pk")]


def test_a_graded_submission_writes_two_events(endpoint, student, assignment, settings):
    settings.PUBLIC_URL = "https://chainrule.example"
    submission = graded(student, assignment, 5.0)

    assert sorted(event_types()) == ["grade.changed", "submission.graded"]
    payload = Event.objects.get(type="submission.graded").payload
    assert payload["data"] == {
        "course": assignment.course.slug,
        "submission": str(submission.pk),
        "assignment": assignment.pk,
        "user": {"id": student.pk, "external_id": None},
        "score": {"given": 5.0, "max": 10.0},
        "held": False,
        "link": f"https://chainrule.example/api/v1/submissions/{submission.pk}",
    }
    assert set(payload) == {"type", "timestamp", "data"}


def test_event_bodies_are_below_600_bytes(endpoint, student, assignment):
    graded(student, assignment, 5.0)

    assert all(len(json.dumps(event.payload)) < 600 for event in Event.objects.all())


def test_an_ungradable_submission_has_an_event_without_score(endpoint, student, assignment):
    record(make_submission(student, assignment), make_report(0.0, 10.0, outcome=Outcome.UNGRADABLE))

    assert event_types() == ["submission.ungradable"]
    assert Event.objects.get().payload["data"]["score"] is None


def test_an_override_writes_a_grade_changed_event(endpoint, student, assignment):
    decide(assignment, student, action=Action.OVERRIDDEN, by=make_user(), why="So.", override=70.0)

    assert event_types() == ["grade.changed"]
    assert Event.objects.get().payload["data"]["score"] == {"given": 70.0, "max": 100.0}


def test_an_unchanged_grade_writes_no_event(endpoint, student, assignment):
    graded(student, assignment, 5.0)
    Event.objects.all().delete()
    graded(student, assignment, 3.0)

    assert event_types() == ["submission.graded"]


def test_an_applied_regrade_writes_an_event(endpoint, assignment):
    regrade = Regrade.objects.create(course=assignment.course, by=make_user(), why="A faulty check.")
    regrade.assignments.add(assignment)

    regrade_applied.send(sender=Regrade, regrade=regrade, changes=[])

    data = Event.objects.get(type="regrade.applied").payload["data"]
    assert (data["regrade"], data["assignments"], data["changed"]) == (regrade.pk, [assignment.pk], 0)


def test_a_test_run_writes_no_event(endpoint, student, assignment):
    record(make_submission(student, assignment, kind="check"))

    assert event_types() == []


def test_events_are_rolled_back_with_the_grade(endpoint, student, assignment):
    submission = make_submission(student, assignment)

    with transaction.atomic():
        record(submission)
        assert event_types()
        transaction.set_rollback(True)

    assert event_types() == []
    assert Submission.objects.get().state == State.QUEUED


def test_an_endpoint_gets_only_events_it_selected(receiver, student, assignment):
    selected = services.add_endpoint(assignment.course, url=receiver.url, events=[EventType.GRADE_CHANGED])
    services.add_endpoint(assignment.course, url=receiver.url, events=[EventType.REGRADE_APPLIED])
    services.add_endpoint(make_course(), url=receiver.url, events=list(EventType))

    graded(student, assignment, 5.0)

    assert [delivery.endpoint for delivery in Delivery.objects.all()] == [selected]


def test_without_an_endpoint_no_event_is_written(student, assignment):
    graded(student, assignment, 5.0)

    assert not Event.objects.exists()
