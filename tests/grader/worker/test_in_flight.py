"""What a worker says of the jobs in its hands, in the real Redis."""

import os
import secrets

import pytest
from celery import Celery
from celery.signals import task_received
from celery.worker.state import reserved_requests
from kombu.asynchronous.timer import Timer

from grader.worker.in_flight import KEPT, hold, tell_what_is_held
from grader.worker.progress import impatient

pytestmark = pytest.mark.redis


def test_what_is_held_is_known_for_a_few_seconds():
    client = impatient(os.environ["REDIS_URL"])
    job = secrets.token_hex(8)

    hold(client, [job])

    assert 0 < client.ttl(f"held:{job}") <= KEPT


class Consumer:
    """As much of Celery's consumer as the step uses."""

    def __init__(self):
        self.timer = Timer()


class Job:
    """As much of a request of Celery's as its worker's state keeps."""

    def __init__(self):
        self.id = secrets.token_hex(8)


def test_a_job_is_held_from_its_arrival_and_for_as_long_as_the_worker_has_it(monkeypatch):
    monkeypatch.setattr(task_received, "receivers", [])
    client, consumer, job = impatient(os.environ["REDIS_URL"]), Consumer(), Job()
    app = Celery("holder", broker=os.environ["REDIS_URL"], set_as_current=False)
    tell_what_is_held(app)
    (step,) = (kind(consumer) for kind in app.steps["consumer"])
    step.start(consumer)

    task_received.send(sender=consumer, request=job)
    assert client.exists(f"held:{job.id}")

    client.delete(f"held:{job.id}")
    reserved_requests.add(job)
    (turn,) = (scheduled.entry for scheduled in consumer.timer.queue)
    turn()
    assert client.exists(f"held:{job.id}")

    client.delete(f"held:{job.id}")
    reserved_requests.discard(job)
    turn()
    assert not client.exists(f"held:{job.id}")

    step.stop(consumer)
    assert turn.canceled


def test_without_a_broker_a_worker_goes_on():
    hold(impatient("redis://127.0.0.1:1/0"), ["job"])
