"""The second message: when it is sent, and that nothing is searched for while a submission waits."""

import json
from base64 import b64decode

import pytest
import redis
from celery.signals import task_postrun
from celery.states import FAILURE, SUCCESS

from grader.grading.pipeline import grade
from grader.worker import lines, sandbox_pool, tasks
from grader.worker.celery import BROKER_URL
from tests.support.reports import make_job, make_package

pytestmark = pytest.mark.redis

SOURCE = "import torch\n\n\ndef slope(x):\n    return x + missing\n"


@pytest.fixture(autouse=True)
def package(exercises):
    return make_package(exercises)


@pytest.fixture(autouse=True)
def opened(inline, monkeypatch):
    monkeypatch.setattr(sandbox_pool, "_opened", {"sandbox": inline})
    return inline


@pytest.fixture
def redis_client():
    client = redis.Redis.from_url(BROKER_URL)
    queues = (lines.RECORDS, *lines.WAITING)
    client.delete(*queues)
    yield client
    client.delete(*queues)


@pytest.fixture
def job():
    return make_job(source=SOURCE)


def sent(redis_client):
    """The arguments of the messages in the server's queue."""
    messages = [json.loads(one) for one in redis_client.lrange(lines.RECORDS, 0, -1)]
    assert {one["headers"]["task"] for one in messages} <= {lines.RECORD}
    return [json.loads(b64decode(one["body"]))[0][0] for one in messages]


def end_task(job, *, queue=lines.QUEUE, state=SUCCESS, retval=None):
    """Do what Celery does when a task is over and its report was sent."""
    task = tasks.grade_task
    task.push_request(delivery_info={"routing_key": queue})
    try:
        answer = {"submission": job.submission, "token": job.token, "report": report_of(job).to_dict()}
        task_postrun.send(sender=task, task=task, args=[job.to_dict()], retval=retval or answer, state=state)
    finally:
        task.pop_request()


def report_of(job):
    return grade(job, sandbox=sandbox_pool.sandbox())


def test_the_line_follows_the_report(redis_client, job):
    end_task(job)

    (found,) = sent(redis_client)
    assert (found["submission"], found["token"], found["line"]) == ("s1", "t1", 5)
    assert set(found["report"]) == {"digest", "seconds", "grader"}


def test_while_a_submission_waits_nothing_is_sent(redis_client, job):
    for waiting in lines.WAITING:
        redis_client.lpush(waiting, "a job")

        end_task(job)

        assert sent(redis_client) == []
        redis_client.delete(waiting)


@pytest.mark.parametrize(
    "how", [{"queue": "regrading.cpu"}, {"state": FAILURE}, {"retval": {"submission": "s1", "case_put": True}}]
)
def test_only_a_fresh_graded_submission_gets_a_line(redis_client, job, how):
    end_task(job, **how)

    assert sent(redis_client) == []


def test_without_a_broker_there_is_no_line(monkeypatch):
    nobody = redis.Redis.from_url("redis://127.0.0.1:1/0")
    monkeypatch.setattr(lines, "shared_client", lambda _: nobody)

    assert not lines.nobody_waits()
