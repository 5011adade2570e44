"""Cancelling through the API: who can, what it answers, and what it costs."""

import json
import os
from uuid import uuid4

import pytest
import redis

from server.api.models import TokenScope
from server.submissions.models import State
from server.webhooks.models import Delivery
from tests.server.api.conftest import problem
from tests.support.people import make_assignment, make_course, make_student, make_submission, record

pytestmark = pytest.mark.django_db


def address(submission):
    return f"/submissions/{submission.pk}/cancel"


def test_a_waiting_submission_is_cancelled_for_free(call, student, assignment):
    submission = make_submission(student, assignment)

    response = call.post(address(submission))

    data = response.json()
    assert response.status_code == 200
    assert (data["id"], data["state"], data["uses_attempt"]) == (str(submission.pk), "cancelled", False)
    assert data["finished_at"]
    assert call.get(f"/submissions/{submission.pk}").json() == data


@pytest.mark.parametrize("state", [State.UNGRADABLE, State.ERROR, State.CANCELLED])
def test_what_is_over_gives_409(call, student, assignment, state):
    submission = make_submission(student, assignment, state=state)

    assert problem(call.post(address(submission)))["code"] == "already-over"


def test_a_graded_submission_keeps_its_score(call, student, assignment):
    submission = make_submission(student, assignment)
    record(submission)

    assert call.post(address(submission)).status_code == 409
    assert call.get(f"/submissions/{submission.pk}").json()["score"] == {"given": 10.0, "max": 10.0}


def test_the_same_request_again_gives_the_same_answer(call, student, assignment):
    submission = make_submission(student, assignment)

    first = call.post(address(submission), idempotency_key="mine")
    again = call.post(address(submission), idempotency_key="mine")

    assert (again.status_code, again.json()) == (200, first.json())
    assert again["Idempotent-Replayed"] == "true"
    assert call.post(address(submission)).status_code == 409


def test_a_personal_token_cancels_only_its_own(call_with, student, assignment):
    other = make_student(assignment.course)
    mine, theirs = make_submission(student, assignment), make_submission(other, assignment)
    call = call_with(TokenScope.SUBMISSIONS_WRITE, learner=student)

    assert call.post(address(theirs)).status_code == 404
    assert call.post(address(mine)).status_code == 200
    theirs.refresh_from_db()
    assert theirs.is_open


def test_a_token_of_another_course_finds_nothing(call, assignment):
    elsewhere = make_assignment(make_course())
    submission = make_submission(make_student(elsewhere.course), elsewhere)

    assert call.post(address(submission)).status_code == 404
    assert call.post(f"/submissions/{uuid4()}/cancel").status_code == 404


def test_reading_submissions_is_no_right_to_cancel(call_with, student, assignment):
    call = call_with(TokenScope.SUBMISSIONS_READ)
    submission = make_submission(student, assignment)

    assert call.post(address(submission)).status_code == 403
    submission.refresh_from_db()
    assert submission.is_open


def test_no_webhook_is_sent(call, student, assignment):
    call.post(address(make_submission(student, assignment)))

    assert not Delivery.objects.exists()


@pytest.mark.redis
def test_what_a_grader_has_is_unknown_until_it_answers(call, student, assignment, settings):
    settings.REDIS_URL = os.environ["REDIS_URL"]
    submission = make_submission(student, assignment)
    with redis.Redis.from_url(settings.REDIS_URL) as broker:
        broker.set(f"held:{submission.pk}", "", ex=60)
        broker.set(f"progress:{submission.pk}", json.dumps({"state": "running", "case_put": True}), ex=60)

    data = call.post(address(submission)).json()

    assert (data["state"], data["uses_attempt"], data["progress"]) == ("cancelled", None, None)


def test_a_request_without_a_body_is_enough(call, student, assignment):
    submission = make_submission(student, assignment)
    headers = {"authorization": f"Bearer {call.token}"}

    response = call.client.generic("POST", f"/api/v1{address(submission)}", headers=headers)

    assert response.status_code == 200
