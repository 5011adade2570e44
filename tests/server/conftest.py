"""Fixtures of the server's tests: an exercise of their own, and an empty queue."""

import pytest
from django.core.cache import cache

from server.celery import app
from server.submissions.queue import place_in_line
from tests.support.mail import SmtpServer
from tests.support.people import make_assignment, make_member, make_student, write_exercise
from tests.support.records import unrecorded


@pytest.fixture(autouse=True)
def exercises(tmp_path, monkeypatch):
    """A folder with one exercise, `gradients/square`; the tests do not need the real catalogue."""
    folder = tmp_path / "exercises"
    write_exercise(folder, "gradients/square")
    monkeypatch.setenv("CHAINRULE_EXERCISES", str(folder))
    return folder


@pytest.fixture(autouse=True)
def _grades_agree_with_their_record(request):
    """Check after every test that no grade was changed without `server.gradebook.services`."""
    marker = request.node.get_closest_marker("django_db")
    names = {"db", "transactional_db"} & set(request.fixturenames)
    if not (marker or names):
        yield
        return
    request.getfixturevalue("transactional_db" if "transactional_db" in names else "db")
    yield
    assert unrecorded() == []


@pytest.fixture(autouse=True)
def _fresh_rate_limits():
    """Reset the rate limits, so that no test is slowed down by another one, and places in line."""
    cache.clear()
    place_in_line.forget()


@pytest.fixture(autouse=True)
def _an_empty_queue():
    with app.connection_for_write() as connection:
        for queue in ("grading.cpu", "grading.gpu"):
            connection.SimpleQueue(queue).clear()


@pytest.fixture
def queued():
    """Take every message out of a queue, oldest first: (task name, args, embed) of each."""

    def take(queue="grading.cpu"):
        taken = []
        with app.connection_for_write() as connection, connection.SimpleQueue(queue) as simple:
            while simple.qsize():
                message = simple.get(block=False)
                message.ack()
                args, _, embed = message.payload
                taken.append((message.headers["task"], args, embed))
        return taken

    return take


@pytest.fixture
def assignment(db):
    return make_assignment()


@pytest.fixture
def course(assignment):
    return assignment.course


@pytest.fixture
def student(course):
    return make_student(course)


@pytest.fixture
def instructor(course):
    return make_member(course, "instructor")


@pytest.fixture
def smtp(settings):
    """A real SMTP server that is running, and is used."""
    server = SmtpServer(settings).start()
    yield server
    server.stop()
