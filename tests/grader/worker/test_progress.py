"""Progress as the page hears it, by the real Redis; and that grading goes on where nobody can be told."""

import json
import os
import secrets
from contextlib import closing

import pytest
from structlog.testing import capture_logs

from grader.worker import progress
from grader.worker.progress import KEPT, Progress, impatient

REDIS = os.environ.get("REDIS_URL", "")
redis_only = pytest.mark.redis


@pytest.fixture
def submission():
    return secrets.token_hex(8)


@pytest.fixture
def heard(submission):
    """Everything that the page has been told by now, oldest first."""
    with closing(impatient(REDIS)) as client, closing(client.pubsub(ignore_subscribe_messages=True)) as channel:
        channel.subscribe(f"progress:{submission}")
        channel.get_message(timeout=5)  # the subscription itself: nothing said from here on is missed

        def messages():
            found = iter(lambda: channel.get_message(timeout=0.2), None)
            return [json.loads(message["data"]) for message in found]

        yield messages


@redis_only
def test_a_page_hears_that_the_code_runs_and_of_each_case(submission, heard, monkeypatch):
    monkeypatch.setattr(progress, "INTERVAL", 0.0)

    with Progress(REDIS, submission) as told:
        told.tell({"case": 1, "of": 4})
        told.tell({"case": 2, "of": 4, "more": "is for nobody"})

    running = {"state": "running"}
    assert heard() == [running, running | {"case": 1, "of": 4}, running | {"case": 2, "of": 4}]


@redis_only
def test_losses_are_gathered_until_the_next_message_is_due_and_the_last_at_the_end(submission, heard, monkeypatch):
    monkeypatch.setattr(progress, "INTERVAL", 3600.0)

    with Progress(REDIS, submission) as told:
        told.tell({"loss": [[0, 4.0], [1, 2.0]]})
        told.tell({"loss": [[2, 1.0]]})

    assert heard() == [{"state": "running"}, {"state": "running", "loss": [[0, 4.0], [1, 2.0], [2, 1.0]]}]


@redis_only
def test_who_opens_the_page_later_finds_the_last_that_was_said(submission):
    with Progress(REDIS, submission):
        pass

    with closing(impatient(REDIS)) as client:
        assert json.loads(client.get(f"progress:{submission}")) == {"state": "running"}
        assert 0 < client.ttl(f"progress:{submission}") <= KEPT


def test_a_broker_that_does_not_answer_is_asked_once_and_grading_goes_on(submission, monkeypatch):
    monkeypatch.setattr(progress, "INTERVAL", 0.0)

    with capture_logs() as logs, Progress("redis://127.0.0.1:1/0", submission) as told:
        told.tell({"case": 1, "of": 2})
        told.tell({"loss": [[0, 1.0]]})

    assert [line["event"] for line in logs] == ["progress was not told"]
