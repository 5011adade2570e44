"""Enrollments that an LMS makes through the API."""

import pytest

from server.accounts.models import User
from server.api.models import TokenScope
from tests.server.api.conftest import problem
from tests.support.people import make_member, make_user

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


@pytest.mark.parametrize("role", ["student", "ta", "instructor"])
def test_without_a_role_a_member_keeps_theirs(call, path, assignment, role):
    make_member(assignment.course, role, external_id="s1")

    answer = call.post(path, {"external_id": "s1"})

    assert (answer.status_code, answer.json()["role"]) == (200, role)


def test_the_last_instructor_stays_one(call_with, path, assignment):
    call = call_with(owner=make_user(is_superuser=True))
    assignment.course.enrollments.filter(role="instructor").delete()
    make_member(assignment.course, "instructor", external_id="s1")

    refused = call.post(path, {"external_id": "s1", "role": "student"})

    assert problem(refused)["status"] == 409
    assert assignment.course.enrollments.filter(role="instructor").count() == 1


@pytest.mark.parametrize("written", ["s1 ", " s1", "s1\u200b", "\u00a0s1"])
def test_blanks_and_invisible_characters_make_no_new_person(call, path, written):
    first = call.post(path, {"external_id": "s1"})

    again = call.post(path, {"external_id": written})

    assert again.json()["user"] == first.json()["user"]


def test_an_invisible_id_is_refused(call, path):
    assert problem(call.post(path, {"external_id": "\u200b"}))["code"] == "invalid"
