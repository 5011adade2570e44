"""Tokens are shown once, stored as a hash, and refused if anything about them is wrong."""

from datetime import timedelta

import pytest
from django.utils import timezone

from server.api.models import ApiToken, TokenScope
from server.api.tokens import checksum, digest, find_token, looks_right, new_token, revoke
from tests.server.api.conftest import Caller, problem
from tests.support.people import make_course

pytestmark = pytest.mark.django_db


def test_only_the_digest_of_a_token_is_stored(call):
    row = ApiToken.objects.get()

    assert call.token not in str(vars(row))
    assert row.digest == digest(call.token)
    assert call.token.startswith(row.prefix)


def test_tokens_are_unique_and_well_formed():
    made = {new_token() for _ in range(100)}

    assert len(made) == 100
    assert all(map(looks_right, made))


def test_a_mistyped_token_is_refused_without_a_query(call, django_assert_num_queries):
    wrong = call.token[:-1] + ("a" if call.token[-1] != "a" else "b")

    with django_assert_num_queries(0):
        assert find_token(wrong) is None
        assert find_token(call.token[:-1]) is None
        assert find_token("") is None


def test_a_checksum_has_six_letters_or_digits():
    assert len(checksum("x" * 40)) == 6
    assert checksum("x" * 40).isalnum()


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Bearer cr_short", "Basic dXNlcjpwYXNz", "Bearer \xff"])
def test_a_missing_token_gives_401_with_www_authenticate(client, assignment, header):
    response = client.get("/api/v1/courses", headers={"authorization": header})

    assert problem(response)["code"] == "unauthenticated"
    assert response["WWW-Authenticate"].startswith('Bearer realm="chainrule"')


def test_an_unknown_token_is_refused(assignment):
    response = Caller(new_token()).get("/courses")

    assert problem(response)["code"] == "unauthenticated"
    assert 'error="invalid_token"' in response["WWW-Authenticate"]


def test_a_truncated_token_is_refused(call):
    call.token = call.token[:-3]

    assert problem(call.get("/courses"))["status"] == 401


def test_an_expired_token_is_refused(call_with):
    call = call_with(expires_at=timezone.now() - timedelta(seconds=1))

    assert problem(call.get("/courses"))["status"] == 401


def test_a_revoked_token_is_refused_at_once(call):
    assert call.get("/courses").status_code == 200
    revoke(call.row)

    assert problem(call.get("/courses"))["status"] == 401


def test_a_missing_scope_is_named(call_with):
    response = call_with(TokenScope.SUBMISSIONS_WRITE).get("/grades")

    assert problem(response)["code"] == "forbidden"
    assert 'scope="grades:read"' in response["WWW-Authenticate"]


def test_a_token_is_bound_to_its_courses(call, assignment):
    make_course(slug="elsewhere")

    assert [one["id"] for one in call.get("/courses").json()["items"]] == [assignment.course.slug]
    assert problem(call.get("/courses/elsewhere"))["status"] == 404
    assert problem(call.get("/courses/elsewhere/enrollments"))["status"] == 404
    assert problem(call.get("/exports/canvas?course=elsewhere"))["status"] == 404


def test_the_last_use_is_stored_once_a_minute(call):
    call.get("/courses")
    first = ApiToken.objects.get().last_used_at
    call.get("/courses")

    assert first is not None
    assert ApiToken.objects.get().last_used_at == first
