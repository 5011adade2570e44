"""A course with a student who left a trace everywhere."""

import pytest

from server.webhooks.services import add_endpoint
from tests.server.privacy.lives import live
from tests.support.people import make_user


@pytest.fixture
def lives(course, assignment):
    add_endpoint(course, url="https://lms.example.org/hook", events=["grade.changed", "submission.graded"])
    return live(course, assignment)


@pytest.fixture
def person(lives):
    return lives[0]


@pytest.fixture
def teacher(lives):
    return lives[1]


@pytest.fixture
def administrator(db):
    return make_user(username="root-admin", is_superuser=True, is_staff=True)
