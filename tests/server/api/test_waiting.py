"""`Prefer: wait=N`: the answer has the score if grading finishes within N seconds."""

import threading

import pytest
from django.db import connection

from server.api.waiting import LONGEST, asked_for
from server.submissions.live import snapshots
from server.submissions.models import Submission
from tests.support.people import record

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def graded_soon(monkeypatch):
    """Record a report while the request waits."""
    waiting = threading.Event()

    async def wait(seconds):
        waiting.set()
        grading.join()

    def grade():
        waiting.wait()
        record(Submission.objects.get())
        connection.close()

    monkeypatch.setattr(snapshots, "_wait", wait)
    grading = threading.Thread(target=grade)
    grading.start()
    yield
    waiting.set()
    grading.join()


def test_the_answer_has_a_score_that_is_ready_in_time(call, body, graded_soon):
    response = call.post("/submissions", body, prefer="wait=5", idempotency_key="a")

    assert response.status_code == 201
    assert response.json()["score"] == {"given": 10.0, "max": 10.0}
    assert response["Preference-Applied"] == "wait=5"
    assert response["Location"].endswith(response.json()["id"])
    replay = call.post("/submissions", body, prefer="wait=5", idempotency_key="a")
    assert (replay.status_code, replay.content) == (201, response.content)


def test_the_answer_is_202_after_the_wait_is_over(call, body):
    response = call.post("/submissions", body, prefer="wait=1")

    assert (response.status_code, response.json()["state"]) == (202, "queued")


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [
        (None, 0),
        ("", 0),
        ("wait=5", 5),
        ("respond-async, wait=3", 3),
        ("wait=600", LONGEST),
        ("wait=-1", 0),
        ("await=9", 0),
    ],
)
def test_the_wait_is_parsed_and_capped(prefer, seconds):
    assert asked_for(prefer) == seconds
