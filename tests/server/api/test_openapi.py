"""The published schema: complete, with examples, and a docs page that needs no other server."""

import re

import pytest

from grader import VERSION
from server.api.application import api
from server.api.problems import Code

SCHEMA = api.get_openapi_schema()
OPERATIONS = [
    pytest.param(method, operation, id=operation["operationId"])
    for item in SCHEMA["paths"].values()
    for method, operation in item.items()
]
WITHOUT_TOKEN = {"get_problem_type"}


def test_the_schema_is_openapi_3_1_and_needs_no_token(client):
    data = client.get("/api/v1/openapi.json").json()

    assert data["openapi"].startswith("3.1")
    assert (data["info"]["title"], data["info"]["version"]) == ("Chainrule", VERSION)


@pytest.mark.parametrize(("method", "operation"), OPERATIONS)
def test_every_operation_has_a_description_and_its_errors(method, operation):
    statuses = set(operation["responses"])

    assert operation["description"]
    assert {"400", "500", "503"} <= statuses
    if operation["operationId"] not in WITHOUT_TOKEN:
        assert {"401", "403", "429"} <= statuses
    if method in {"post", "put", "patch"}:
        assert {"413", "415"} <= statuses


@pytest.mark.parametrize(("method", "operation"), OPERATIONS)
def test_every_post_takes_an_idempotency_key(method, operation):
    names = {parameter["name"] for parameter in operation["parameters"]}

    assert ("Idempotency-Key" in names) == (method == "post")


@pytest.mark.parametrize(("method", "operation"), OPERATIONS)
def test_every_refusal_is_a_problem_with_an_example(method, operation):
    refusals = [answer for status, answer in operation["responses"].items() if status >= "400"]

    assert refusals
    for answer in refusals:
        content = answer["content"]["application/problem+json"]
        assert content["schema"] == {"$ref": "#/components/schemas/Problem"}
        assert content["examples"]


def test_every_problem_belongs_to_an_operation():
    named = {
        code
        for _, operation in (one.values for one in OPERATIONS)
        for answer in operation["responses"].values()
        for media in answer.get("content", {}).values()
        for code in media.get("examples", {})
    }

    assert named == {code.value for code in Code}


def test_request_bodies_have_examples():
    schemas = SCHEMA["components"]["schemas"]

    for name in ("NewSource", "NewEnrollment", "NewGrade", "NewEndpoint"):
        assert "example" in schemas[name] or "examples" in schemas[name]


def test_the_docs_page_loads_nothing_from_other_servers(client):
    response = client.get("/api/v1/docs")
    text = response.content.decode()

    assert response.status_code == 200
    assert not re.search(r"""(src|href)=["'](https?:)?//""", text)
    assert "cdn" not in text
    assert "default-src 'none'" in response["Content-Security-Policy"]


@pytest.mark.parametrize("file", ["ninja/swagger-ui-bundle.js", "ninja/swagger-ui-init.js", "ninja/swagger-ui.css"])
def test_the_files_of_the_docs_page_are_served_here(client, file):
    response = client.get(f"/static/{file}")

    assert len(b"".join(response.streaming_content)) > 100  # reading to the end closes the file
