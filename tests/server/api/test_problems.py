"""Every refusal is a problem that says what to do, never an HTML page, a traceback or an empty response."""

import json

import pytest
import time_machine
from django.db.utils import OperationalError

from server.api import problems
from server.api.problems import KINDS, Code
from tests.server.api.conftest import problem

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("code", Code)
def test_every_code_has_a_page_with_status_and_advice(call, code):
    response = call.get(f"/problems/{code}")

    assert response.json() == {
        "code": code,
        "status": KINDS[code].status,
        "title": KINDS[code].title,
        "advice": KINDS[code].advice,
    }


@pytest.mark.parametrize(
    "body",
    ["{", "", "null", "[]", '"text"', "7", "NaN", '{"a": 1, "a": 2}', "[" * 100_000, '{"a":' * 50_000, b"\xff\xfe{}"],
)
def test_a_malformed_body_is_a_400_or_a_422(call, body):
    assert problem(call.post("/submissions", body))["status"] in {400, 422}


def test_json_that_is_no_utf_8_is_malformed(call):
    assert problem(call.post("/submissions", '{"source": "ä"}'.encode("utf-16")))["code"] == "malformed"


def test_a_lone_surrogate_is_malformed(call, body):
    text = json.dumps(body | {"external_ref": "x"}).replace('"x"', '"\\ud800"')

    assert problem(call.post("/submissions", text))["code"] == "malformed"


def test_a_nul_is_refused_in_body_query_and_path(call, body):
    assert problem(call.post("/submissions", body | {"external_ref": "a\0b"}))["status"] == 422
    assert problem(call.get("/submissions?external_ref=%00"))["status"] == 400
    assert problem(call.get("/courses/a%00b"))["status"] == 400


def test_a_huge_body_is_a_413(call, settings):
    assert problem(call.post("/submissions", "x" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)))["code"] == "too-large"


@pytest.mark.parametrize("content_type", ["text/plain", "multipart/form-data", "application/json; charset=latin-1"])
def test_a_body_that_is_no_json_is_a_415(call, content_type):
    response = call.client.post(
        "/api/v1/submissions", "a=b", content_type=content_type, headers={"authorization": f"Bearer {call.token}"}
    )

    assert problem(response)["code"] == "unsupported-media-type"


@pytest.mark.parametrize("path", ["/nothing", "/", "/submissions/", "/exercises/no/such", "/courses/none"])
def test_an_unknown_path_gives_a_404_problem(call, path):
    assert problem(call.get(path))["status"] == 404


@pytest.mark.parametrize("address", ["/api/", "/api/v2/submissions", "/api/v1"])
def test_other_paths_under_api_give_a_404_problem(client, address):
    assert problem(client.get(address))["code"] == "not-found"


def test_an_unsupported_method_gives_405_with_the_allowed_ones(call):
    response = call.delete("/submissions")

    assert problem(response)["code"] == "method-not-allowed"
    assert {method.strip() for method in response["Allow"].split(",")} == {"GET", "POST"}


@pytest.mark.parametrize("method", ["options", "head", "trace"])
def test_options_head_and_trace_give_405(call, method):
    assert call(method, "/submissions").status_code == 405


def test_an_unknown_host_gives_a_400_problem(client):
    assert problem(client.get("/api/v1/courses", headers={"host": "evil.example"}))["code"] == "malformed"


def test_an_exception_gives_a_500_problem_without_its_message(call, monkeypatch):
    def fail(*_):
        raise RuntimeError("the secret plans")

    monkeypatch.setattr("server.api.selectors.courses", fail)
    response = call.get("/courses")

    assert problem(response)["code"] == "internal"
    assert b"secret plans" not in response.content


def test_a_database_error_gives_503_with_retry_after(call, monkeypatch):
    def fail(*_):
        raise OperationalError("database is locked")

    monkeypatch.setattr("server.api.selectors.courses", fail)
    response = call.get("/courses")

    assert problem(response)["code"] == "unavailable"
    assert response["Retry-After"]


def test_too_many_requests_give_429_with_retry_after(call, settings):
    settings.API_REQUESTS_PER_MINUTE = 2
    with time_machine.travel("2026-03-01T12:00:20Z", tick=False):
        answers = [call.get("/courses") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer["RateLimit"] for answer in answers] == [f'"minute";r={left};t=40' for left in (1, 0, 0)]
    assert answers[-1]["RateLimit-Policy"] == '"minute";q=2;w=60'
    assert problem(answers[-1])["code"] == "too-many-requests"
    assert answers[-1]["Retry-After"] == "40"


def test_the_request_count_restarts_every_minute(call, settings):
    settings.API_REQUESTS_PER_MINUTE = 1
    with time_machine.travel("2026-03-01T12:00:20Z", tick=False) as clock:
        call.get("/courses")
        assert call.get("/courses").status_code == 429
        clock.shift(40)
        assert call.get("/courses").status_code == 200


def test_a_problem_points_at_an_unknown_query_parameter(call):
    assert problem(call.get("/submissions?assigment=7"))["errors"][0]["pointer"] == "/query/assigment"


def test_a_parameter_that_stands_twice_is_refused(call):
    found = problem(call.get("/assignments?exercise=gradients/square&exercise=derivatives/sin"))

    assert found["errors"] == [{"pointer": "/query/exercise", "detail": "Give this parameter once."}]


def test_a_problem_points_at_each_wrong_value(call, body):
    data = problem(call.post("/submissions", body | {"user": {"external_id": 5}, "colour": "red"}))

    assert {error["pointer"] for error in data["errors"]} == {"/user/external_id", "/colour"}


def test_a_valid_request_id_is_kept_and_others_replaced(call):
    assert call.get("/courses", x_request_id="mine-1")["X-Request-ID"] == "mine-1"
    assert call.get("/courses", x_request_id="<script>")["X-Request-ID"] != "<script>"


def test_plain_http_is_refused_if_tls_is_required(call, settings):
    settings.SECURE_SSL_REDIRECT = True

    assert problem(call.get("/courses"))["status"] == 403


def test_a_session_cookie_does_not_open_the_api(client, student):
    client.force_login(student)

    assert problem(client.get("/api/v1/courses"))["status"] == 401


def test_a_status_without_a_code_gets_the_nearest():
    assert problems.code_of(418) is Code.MALFORMED
    assert problems.code_of(507) is Code.INTERNAL
