"""`Prefer: wait=N`: the answer comes with the score, if the score comes in time."""

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
    """Have a grader's report come while somebody waits."""
    looked = threading.Event()

    async def wait(seconds):
        looked.set()
        grading.join()

    def grade():
        looked.wait()
        record(Submission.objects.get())
        connection.close()

    monkeypatch.setattr(snapshots, "_wait", wait)
    grading = threading.Thread(target=grade)
    grading.start()
    yield
    looked.set()
    grading.join()


def test_a_score_that_comes_in_time_is_in_the_answer(call, body, graded_soon):
    response = call.post("/submissions", body, prefer="wait=5", idempotency_key="a")

    assert response.status_code == 201
    assert response.json()["score"] == {"given": 10.0, "max": 10.0}
    assert response["Preference-Applied"] == "wait=5"
    assert response["Location"].endswith(response.json()["id"])
    replay = call.post("/submissions", body, prefer="wait=5", idempotency_key="a")
    assert (replay.status_code, replay.content) == (201, response.content)


def test_when_the_time_is_over_the_answer_is_the_usual_one(call, body):
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
def test_the_wait_is_read_and_capped(prefer, seconds):
    assert asked_for(prefer) == seconds
