"""Progress as a page receives it from a real Redis, and grading without a broker."""

import json
import os
import secrets
from contextlib import closing

import pytest
from structlog.testing import capture_logs

from grader.worker import progress
from grader.worker.progress import EXPIRE_SECONDS, ProgressPublisher, best_effort_client

REDIS = os.environ.get("REDIS_URL", "")
redis_only = pytest.mark.redis


@pytest.fixture
def submission():
    return secrets.token_hex(8)


@pytest.fixture
def received(submission):
    """Everything that a page has received by now, oldest first."""
    with (
        closing(best_effort_client(REDIS)) as client,
        closing(client.pubsub(ignore_subscribe_messages=True)) as channel,
    ):
        channel.subscribe(f"progress:{submission}")
        channel.get_message(timeout=5)  # the subscription itself: every message from here on is received

        def messages():
            found = iter(lambda: channel.get_message(timeout=0.2), None)
            return [json.loads(message["data"]) for message in found]

        yield messages


@redis_only
def test_a_page_receives_each_case(submission, received, monkeypatch):
    monkeypatch.setattr(progress, "INTERVAL_SECONDS", 0.0)

    with ProgressPublisher(REDIS, submission) as publisher:
        publisher.publish({"case": 1, "of": 4})
        publisher.publish({"case": 2, "of": 4, "more": "is not published"})

    running = {"state": "running", "case_put": False}
    assert received() == [running, running | {"case": 1, "of": 4}, running | {"case": 2, "of": 4}]


@redis_only
def test_a_case_that_is_put_is_published_at_once(submission, received, monkeypatch):
    monkeypatch.setattr(progress, "INTERVAL_SECONDS", 3600.0)

    with ProgressPublisher(REDIS, submission) as publisher:
        publisher.publish({"case_put": True})
        monkeypatch.setattr(progress, "INTERVAL_SECONDS", 0.0)
        publisher.publish({"seconds": 1.5, "limit": 10.0})

    running = {"state": "running", "case_put": True}
    assert received()[1:] == [running, running | {"seconds": 1.5, "limit": 10.0}]


@redis_only
def test_losses_are_collected_until_the_next_message_is_due(submission, received, monkeypatch):
    monkeypatch.setattr(progress, "INTERVAL_SECONDS", 3600.0)

    with ProgressPublisher(REDIS, submission) as publisher:
        publisher.publish({"loss": [[0, 4.0], [1, 2.0]]})
        publisher.publish({"loss": [[2, 1.0]]})

    running = {"state": "running", "case_put": False}
    assert received() == [running, running | {"loss": [[0, 4.0], [1, 2.0], [2, 1.0]], "loss_from": 0}]


@redis_only
def test_a_page_that_opens_later_finds_all_losses(submission, received, monkeypatch):
    monkeypatch.setattr(progress, "INTERVAL_SECONDS", 0.0)
    with ProgressPublisher(REDIS, submission) as earlier:
        earlier.publish({"loss": [[0, 9.0]]})
    received()

    with ProgressPublisher(REDIS, submission) as publisher:
        publisher.publish({"loss": [[0, 4.0], [1, 2.0]]})
        publisher.publish({"loss": [[2, 1.0]]})
        publisher.publish({"seconds": 1.5})

    assert [message.get("loss_from") for message in received()] == [None, 0, 2, 3]
    with closing(best_effort_client(REDIS)) as client:
        assert client.lrange(f"progress:{submission}:loss", 0, -1) == [b"[0, 4.0]", b"[1, 2.0]", b"[2, 1.0]"]
        assert 0 < client.ttl(f"progress:{submission}:loss") <= EXPIRE_SECONDS


@redis_only
def test_only_so_many_losses_are_published(submission, received, monkeypatch):
    monkeypatch.setattr(progress, "INTERVAL_SECONDS", 0.0)
    monkeypatch.setattr(progress, "MOST_LOSSES", 3)

    with ProgressPublisher(REDIS, submission) as publisher:
        for step in range(5):
            publisher.publish({"loss": [[step, 1.0]]})

    assert [message["loss"] for message in received() if "loss" in message] == [[[0, 1.0]], [[1, 1.0]], [[2, 1.0]]]


@redis_only
def test_a_page_that_opens_later_finds_the_last_message(submission):
    with ProgressPublisher(REDIS, submission):
        pass

    with closing(best_effort_client(REDIS)) as client:
        assert json.loads(client.get(f"progress:{submission}")) == {"state": "running", "case_put": False}
        assert 0 < client.ttl(f"progress:{submission}") <= EXPIRE_SECONDS


def test_a_dead_broker_is_tried_once(submission, monkeypatch):
    monkeypatch.setattr(progress, "INTERVAL_SECONDS", 0.0)

    with capture_logs() as logs, ProgressPublisher("redis://127.0.0.1:1/0", submission) as publisher:
        publisher.publish({"case": 1, "of": 2})
        publisher.publish({"loss": [[0, 1.0]]})

    assert [line["event"] for line in logs] == ["progress_not_published"]
