"""Fixtures of the API tests: a token, a client that sends it, and problems read from responses."""

import pytest
from django.core.cache import cache
from django.test import Client

from server.api.models import TokenScope
from server.api.tokens import make_token
from server.courses.models import Enrollment
from tests.support.people import make_user


class Caller:
    """Calls the API with a token; an exception in the server becomes a response, as in production."""

    def __init__(self, token=None):
        self.token = token
        self.client = Client(raise_request_exception=False)

    def __call__(self, method, path, body=None, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token:
            headers = {"authorization": f"Bearer {self.token}"} | headers
        kind = "application/zip" if isinstance(body, bytes) and method == "put" else "application/json"
        options = {} if body is None else {"data": body, "content_type": kind}
        return getattr(self.client, method)(f"/api/v1{path}", headers=headers, **options)

    def get(self, path, **headers):
        return self("get", path, **headers)

    def post(self, path, body=None, **headers):
        return self("post", path, {} if body is None else body, **headers)

    def put(self, path, body, **headers):
        return self("put", path, body, **headers)

    def patch(self, path, body, **headers):
        return self("patch", path, body, **headers)

    def delete(self, path, **headers):
        return self("delete", path, **headers)


@pytest.fixture(autouse=True)
def _empty_request_counts():
    cache.clear()


@pytest.fixture
def call_with(assignment):
    """Return a caller whose token has these scopes and is bound to the assignment's course. An instructor owns it."""

    def make(*scopes, courses=None, **fields):
        courses = courses or [assignment.course]
        if "learner" not in fields and "owner" not in fields:
            fields["owner"] = make_user()
            for course in courses:
                Enrollment.objects.create(course=course, user=fields["owner"], role="instructor")
        row, token = make_token("a test", courses=courses, scopes=scopes or list(TokenScope), **fields)
        caller = Caller(token)
        caller.row = row
        return caller

    return make


@pytest.fixture
def call(call_with):
    """A caller whose token has every scope in the assignment's course."""
    return call_with()


@pytest.fixture
def body(assignment, student):
    """The body of a valid submission."""
    return {"assignment": assignment.pk, "user": {"id": student.pk}, "source": "def square(x):\n    return x * x\n"}


def problem(response):
    """Return the body of a problem response; fail if the response is not a problem."""
    assert response["Content-Type"] == "application/problem+json", response.content
    data = response.json()
    assert data["status"] == response.status_code
    assert data["request_id"] == response["X-Request-ID"]
    return data
