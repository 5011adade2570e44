"""What a worker publishes about the jobs that it has in flight, in a real Redis."""

import os
import secrets

import pytest
from celery import Celery
from celery.signals import task_received
from celery.worker.state import reserved_requests
from kombu.asynchronous.timer import Timer

from grader.worker.in_flight import EXPIRE_SECONDS, publish, publisher
from grader.worker.progress import best_effort_client

pytestmark = pytest.mark.redis


def test_a_published_job_is_known_for_a_few_seconds():
    client = best_effort_client(os.environ["REDIS_URL"])
    job = secrets.token_hex(8)

    publish(client, [job])

    assert 0 < client.ttl(f"held:{job}") <= EXPIRE_SECONDS


class Consumer:
    """The part of Celery's consumer that the step uses."""

    def __init__(self):
        self.timer = Timer()


class Job:
    """The part of a Celery request that the worker's state keeps."""

    def __init__(self):
        self.id = secrets.token_hex(8)


def test_a_job_is_in_flight_until_its_end(monkeypatch):
    monkeypatch.setattr(task_received, "receivers", [])
    client, consumer, job = best_effort_client(os.environ["REDIS_URL"]), Consumer(), Job()
    app = Celery("worker", broker=os.environ["REDIS_URL"], set_as_current=False)
    step = publisher(app)(consumer)
    step.start(consumer)

    task_received.send(sender=consumer, request=job)
    assert client.exists(f"held:{job.id}")

    client.delete(f"held:{job.id}")
    reserved_requests.add(job)
    (tick,) = (scheduled.entry for scheduled in consumer.timer.queue)
    tick()
    assert client.exists(f"held:{job.id}")

    client.delete(f"held:{job.id}")
    reserved_requests.discard(job)
    tick()
    assert not client.exists(f"held:{job.id}")

    step.stop(consumer)
    assert tick.canceled


def test_a_worker_continues_without_a_broker():
    publish(best_effort_client("redis://127.0.0.1:1/0"), ["job"])
