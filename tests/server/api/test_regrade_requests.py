"""Regrade requests through the API: read, and answered once."""

import pytest

from server.gradebook.models import Grade
from server.regrade_requests.services import ask
from server.regrades.models import Regrade
from tests.server.api.conftest import problem
from tests.support.people import graded, make_member, make_student

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(student, assignment):
    return ask(graded(student, assignment, 5.0), by=student, reason="It is right.", check_title="Agrees with autograd")


@pytest.fixture
def call(call_with, assignment):
    return call_with(owner=make_member(assignment.course, "instructor"))


def path(asked):
    return f"/regrade-requests/{asked.pk}"


def test_requests_are_listed_by_state(call, asked, student):
    (listed,) = call.get("/regrade-requests?state=open").json()["items"]

    assert (listed["id"], listed["reason"], listed["check"]) == (asked.pk, "It is right.", "Agrees with autograd")
    assert (listed["user"]["id"], listed["state"], listed["answer"]) == (student.pk, "open", None)
    assert call.get("/regrade-requests?state=kept").json()["items"] == []
    assert call.get(path(asked)).json() == listed


def test_an_answer_changes_the_grade_once(call, asked, student):
    body = {"decision": "changed", "given": 80, "answer": "You are right."}

    answered = call.post(f"{path(asked)}/answer", body).json()

    assert (answered["state"], answered["answer"]) == ("changed", "You are right.")
    assert Grade.objects.get(learner=student).final == 80
    data = problem(call.post(f"{path(asked)}/answer", body))
    assert (data["status"], data["code"]) == (409, "conflict")


def test_grading_again_begins_a_preview(call, asked):
    call.post(f"{path(asked)}/answer", {"decision": "again", "answer": "I look again."})

    assert Regrade.objects.get().reruns.count() == 1


@pytest.mark.parametrize("given", [None, 1_000_000, -1])
def test_points_that_cannot_be_given_are_refused(call, asked, given):
    data = problem(call.post(f"{path(asked)}/answer", {"decision": "changed", "given": given, "answer": "Yes."}))

    assert (data["status"], data["code"]) == (422, "invalid")
    assert call.get(path(asked)).json()["state"] == "open"


def test_a_personal_token_reads_requests_of_its_person_alone(call_with, asked, student, assignment):
    own = call_with(learner=student)
    other = call_with(learner=make_student(assignment.course))

    assert len(own.get("/regrade-requests").json()["items"]) == 1
    assert other.get("/regrade-requests").json()["items"] == []
    assert problem(own.post(f"{path(asked)}/answer", {"decision": "kept", "answer": "No."}))["status"] == 403
