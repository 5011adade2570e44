"""A submission with three lines of code, its learner, and a teacher."""

import pytest

from tests.support.people import make_member, make_submission, record

CODE = "def square(x):\n    y = x * x\n    return y\n"


@pytest.fixture
def submission(student, assignment):
    made = make_submission(student, assignment, source=CODE)
    record(made)
    made.refresh_from_db()
    return made


@pytest.fixture
def teacher(course):
    return make_member(course, "ta", first_name="Emmy", last_name="Noether")


@pytest.fixture
def page(client):
    """Get a page as a person, or send something if there is data; if `part`, as htmx does."""

    def request(person, address, data=None, *, part=False):
        client.force_login(person)
        headers = {"HX-Request": "true"} if part else {}
        if data is None:
            return client.get(address, headers=headers)
        return client.post(address, data, headers=headers)

    return request
