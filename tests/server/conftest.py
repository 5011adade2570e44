"""What the server's tests share: an exercise of their own, and a queue that starts empty."""

import pytest
from django.core.cache import cache

from server.celery import app
from tests.support.people import make_assignment, make_member, make_student, write_exercise


@pytest.fixture(autouse=True)
def exercises(tmp_path, monkeypatch):
    """A folder with one exercise, `gradients/square`; the tests do not rest on the real catalogue."""
    folder = tmp_path / "exercises"
    write_exercise(folder, "gradients/square")
    monkeypatch.setenv("CHAINRULE_EXERCISES", str(folder))
    return folder


@pytest.fixture(autouse=True)
def _every_grade_is_what_its_record_says(request):
    """After every test: whatever it did, no grade was changed around `server.gradebook.services`."""
    marker = request.node.get_closest_marker("django_db")
    names = {"db", "transactional_db"} & set(request.fixturenames)
    if not (marker or names):
        yield
        return
    request.getfixturevalue("transactional_db" if "transactional_db" in names else "db")
    yield
    from server.gradebook.models import Grade
    from server.gradebook.selectors import unrecorded

    assert unrecorded(Grade.objects.all()) == []


@pytest.fixture(autouse=True)
def _nothing_counted_yet():
    """Who tries often is slowed down; no test is slowed down for what others tried."""
    cache.clear()


@pytest.fixture(autouse=True)
def _an_empty_queue():
    with app.connection_for_write() as connection:
        for queue in ("grading.cpu", "grading.gpu"):
            connection.SimpleQueue(queue).clear()


@pytest.fixture
def queued():
    """Return what lies in a queue, oldest first, and take it out: (task name, args, embed) of each message."""

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
