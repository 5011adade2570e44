"""A grader is reported as missing if no worker took from its queue for some time. Uses the real Redis."""

import os
from uuid import uuid4

import pytest
import redis
from django.urls import reverse
from django.utils import timezone

from server.submissions.live import snapshots
from server.submissions.queue import worker_presence
from tests.support.people import make_assignment, make_submission, write_exercise

pytestmark = pytest.mark.redis

LONG_AGO = 1_000_000.0


@pytest.fixture
def asked(settings, monkeypatch):
    """Note which queues have workers, by default since long ago. Other tests use the same Redis, so the keys differ."""
    settings.REDIS_URL = os.environ["REDIS_URL"]

    def asked(queues=(), *, since=LONG_AGO):
        monkeypatch.setattr(worker_presence, "PREFIX", f"graders-{uuid4()}")
        with redis.Redis.from_url(settings.REDIS_URL) as client:
            client.set(f"{worker_presence.PREFIX}:asked", since)
        worker_presence.note_taken(dict.fromkeys(queues, 1))

    return asked


@pytest.fixture
def for_a_gpu(exercises, course):
    write_exercise(exercises, "nets/large", runtime="gpu")
    return make_assignment(course, slug="nets/large", exercise="nets/large")


def test_a_grader_is_missing_that_nobody_heard_of_for_long(asked):
    asked(["grading.cpu", "regrading.cpu"])

    assert (worker_presence.missing("cpu"), worker_presence.missing("gpu")) == ("", "GPU grader")


def test_nobody_is_missed_while_little_is_known(asked, settings):
    asked(since=timezone.now().timestamp() - worker_presence.LATELY / 2)
    assert worker_presence.missing("cpu") == ""

    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert worker_presence.missing("cpu") == ""


def test_where_we_stopped_asking_nobody_is_missed(asked, settings):
    asked()
    assert worker_presence.missing("cpu") == "grader"

    with redis.Redis.from_url(settings.REDIS_URL) as client:
        assert 0 < client.ttl(f"{worker_presence.PREFIX}:asked") <= worker_presence.LATELY
        client.delete(f"{worker_presence.PREFIX}:asked")
    assert worker_presence.missing("cpu") == ""


def test_the_exercise_says_so_before_anybody_hands_in(client, asked, student, assignment, for_a_gpu):
    asked(["grading.cpu"])
    client.force_login(student)

    said = {one: client.get(one.get_absolute_url()).text for one in (assignment, for_a_gpu)}

    assert "is running now" not in said[assignment]
    assert said[for_a_gpu].index("No GPU grader is running now") < said[for_a_gpu].index('id="submit"')


def test_what_waits_says_for_whom_until_one_is_there(asked, student, for_a_gpu):
    submission = make_submission(student, for_a_gpu)

    asked(["grading.cpu"])
    assert snapshots.snapshot(submission, {}).sentence.startswith("Waiting for a GPU grader · none is running now")

    asked(["grading.gpu"])
    assert snapshots.snapshot(submission, {}).sentence == "Waiting for a grader"


def test_instructors_read_how_many_wait_for_whom(client, asked, course, instructor, student, for_a_gpu):
    make_submission(student, for_a_gpu)
    client.force_login(instructor)
    page = reverse("dashboard:overview", args=[course.slug])

    asked(["grading.cpu"])
    assert "1 submission waits for a GPU grader, but none is running." in client.get(page).text

    asked(["grading.gpu"])
    assert "GPU grader" not in client.get(page).text
