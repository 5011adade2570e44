"""What is noted, when, and in whose transaction."""

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


def kinds():
    return [event.type for event in Event.objects.order_by("pk")]


def test_a_graded_submission_and_its_grade_are_told(endpoint, student, assignment, settings):
    settings.PUBLIC_URL = "https://chainrule.example"
    submission = graded(student, assignment, 5.0)

    assert sorted(kinds()) == ["grade.changed", "submission.graded"]
    payload = Event.objects.get(type="submission.graded").payload
    assert payload["data"] == {
        "course": assignment.course.slug,
        "submission": str(submission.pk),
        "assignment": assignment.pk,
        "user": {"id": student.pk, "external_id": None},
        "score": {"given": 5.0, "max": 10.0},
        "link": f"https://chainrule.example/api/v1/submissions/{submission.pk}",
    }
    assert set(payload) == {"type", "timestamp", "data"}


def test_the_body_is_thin(endpoint, student, assignment):
    graded(student, assignment, 5.0)

    assert all(len(json.dumps(event.payload)) < 600 for event in Event.objects.all())


def test_what_could_not_be_loaded_is_told_without_a_score(endpoint, student, assignment):
    record(make_submission(student, assignment), make_report(0.0, 10.0, outcome=Outcome.UNGRADABLE))

    assert kinds() == ["submission.ungradable"]
    assert Event.objects.get().payload["data"]["score"] is None


def test_an_override_is_told_as_a_changed_grade(endpoint, student, assignment):
    decide(assignment, student, action=Action.OVERRIDDEN, by=make_user(), why="So.", override=70.0)

    assert kinds() == ["grade.changed"]
    assert Event.objects.get().payload["data"]["score"] == {"given": 70.0, "max": 100.0}


def test_a_grade_that_did_not_change_is_not_told(endpoint, student, assignment):
    graded(student, assignment, 5.0)
    Event.objects.all().delete()
    graded(student, assignment, 3.0)

    assert kinds() == ["submission.graded"]


def test_an_applied_regrade_is_told(endpoint, assignment):
    regrade = Regrade.objects.create(course=assignment.course, by=make_user(), why="A faulty check.")
    regrade.assignments.add(assignment)

    regrade_applied.send(sender=Regrade, regrade=regrade, changes=[])

    data = Event.objects.get(type="regrade.applied").payload["data"]
    assert (data["regrade"], data["assignments"], data["changed"]) == (regrade.pk, [assignment.pk], 0)


def test_a_free_check_is_not_told(endpoint, student, assignment):
    record(make_submission(student, assignment, kind="check"))

    assert kinds() == []


def test_an_event_lives_and_dies_with_the_transaction_of_the_grade(endpoint, student, assignment):
    submission = make_submission(student, assignment)

    with transaction.atomic():
        record(submission)
        assert kinds()
        transaction.set_rollback(True)

    assert kinds() == []
    assert Submission.objects.get().state == State.QUEUED


def test_only_who_asked_for_an_event_gets_it(receiver, student, assignment):
    wants = services.add_endpoint(assignment.course, url=receiver.url, events=[EventType.GRADE_CHANGED])
    services.add_endpoint(assignment.course, url=receiver.url, events=[EventType.REGRADE_APPLIED])
    services.add_endpoint(make_course(), url=receiver.url, events=list(EventType))

    graded(student, assignment, 5.0)

    assert [delivery.endpoint for delivery in Delivery.objects.all()] == [wants]


def test_without_a_listener_nothing_is_written(student, assignment):
    graded(student, assignment, 5.0)

    assert not Event.objects.exists()
