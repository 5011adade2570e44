"""Enrollments that an LMS makes through the API."""

import pytest

from server.accounts.models import User
from server.api.models import TokenScope
from tests.server.api.conftest import problem
from tests.support.people import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def path(assignment):
    return f"/courses/{assignment.course.slug}/enrollments"


def test_a_new_person_gets_an_account_without_a_password(call, path):
    answer = call.post(path, {"external_id": "s1", "name": "Ada Lovelace"})

    user = User.objects.get(external_id="s1")
    assert answer.status_code == 201
    assert (answer.json()["name"], answer.json()["role"]) == ("Ada Lovelace", "student")
    assert not user.has_usable_password()


def test_an_enrolled_person_gets_the_new_role(call, path):
    call.post(path, {"external_id": "s1"})

    answer = call.post(path, {"external_id": "s1", "role": "ta"})

    assert (answer.status_code, answer.json()["role"]) == (200, "ta")


def test_people_are_matched_by_external_id_not_user_name(call, path):
    other = make_user(username="s1")

    answer = call.post(path, {"external_id": "s1"})

    assert answer.json()["user"]["id"] != other.pk


@pytest.mark.parametrize(
    "body", [{}, {"external_id": ""}, {"external_id": "a\nb"}, {"external_id": "a", "role": "dean"}]
)
def test_an_invalid_enrollment_is_refused(call, path, body):
    assert problem(call.post(path, body))["code"] == "invalid"


def test_changing_the_roster_needs_its_scope(call_with, path):
    assert problem(call_with(TokenScope.GRADES_WRITE).post(path, {"external_id": "s1"}))["status"] == 403
