"""A worker that is told, through a real Redis, that the submission of its job was cancelled."""

import os
import secrets
import time
from contextlib import closing

import pytest
import redis
from structlog.testing import capture_logs

from grader.errors import RunCancelled
from grader.sandboxes.cancellation import Cancellation
from grader.worker import sandbox_pool, tasks
from grader.worker.cancel_watch import cancel_watch
from grader.worker.progress import best_effort_client
from tests.support.reports import make_job, make_package

REDIS = os.environ.get("REDIS_URL", "")
redis_only = pytest.mark.redis


@pytest.fixture
def submission():
    return secrets.token_hex(8)


@pytest.fixture
def redis_keys():
    with closing(redis.Redis.from_url(REDIS)) as client:
        yield client


def cancel(redis_keys, submission):
    redis_keys.set(f"cancelled:{submission}", "", ex=60)


def waited_for(condition, seconds=10.0):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


@redis_only
def test_a_cancellation_reaches_the_run(redis_keys, submission):
    cancellation = Cancellation()

    with cancel_watch(best_effort_client(REDIS), submission, cancellation):
        cancel(redis_keys, submission)
        assert waited_for(lambda: cancellation.requested)


@redis_only
def test_other_submissions_run_on(redis_keys, submission):
    mine, other = Cancellation(), Cancellation()
    client = best_effort_client(REDIS)

    with cancel_watch(client, submission, mine), cancel_watch(client, submission + "0", other):
        cancel(redis_keys, submission)
        assert waited_for(lambda: mine.requested)

    assert not other.requested


@redis_only
def test_a_cancellation_after_the_job_reaches_nobody(redis_keys, submission):
    earlier, later = Cancellation(), Cancellation()
    client = best_effort_client(REDIS)

    with cancel_watch(client, submission, earlier):
        pass
    cancel(redis_keys, submission)
    with cancel_watch(client, submission + "0", later):
        time.sleep(0.6)

    assert not earlier.requested
    assert not later.requested


def test_without_a_broker_the_job_runs(submission):
    with capture_logs() as logs, cancel_watch(best_effort_client("redis://127.0.0.1:1/0"), submission, Cancellation()):
        time.sleep(0.6)

    assert [line["event"] for line in logs] == ["cancellation_not_read"]


@pytest.fixture
def opened(inline, exercises, monkeypatch):
    make_package(exercises)
    monkeypatch.setattr(sandbox_pool, "_opened", {"sandbox": inline})


@redis_only
@pytest.mark.usefixtures("opened")
def test_a_job_cancelled_while_it_waited_is_not_begun(redis_keys, submission):
    cancel(redis_keys, submission)

    answer = tasks.grade_task(make_job(submission=submission, token="mine", source="1 / 0").to_dict())

    assert answer == {"submission": submission, "token": "mine", "case_put": False}
    assert not redis_keys.exists(f"progress:{submission}")


@redis_only
def test_a_job_cancelled_while_its_sandbox_starts_puts_no_case(redis_keys, submission, exercises, monkeypatch):
    class Starting:
        """A sandbox that never starts."""

        def open(self, *_, cancellation, **__):
            cancel(redis_keys, submission)
            while True:
                time.sleep(0.05)
                cancellation.raise_if_requested()

    make_package(exercises)
    monkeypatch.setattr(sandbox_pool, "_opened", {"sandbox": Starting()})

    answer = tasks.grade_task(make_job(submission=submission, token="mine", source="x = 1").to_dict())

    assert answer["case_put"] is False


@redis_only
def test_a_watch_raises_before_it_begins(redis_keys, submission):
    cancel(redis_keys, submission)

    with pytest.raises(RunCancelled), cancel_watch(best_effort_client(REDIS), submission, Cancellation()):
        pytest.fail("it was cancelled already")
