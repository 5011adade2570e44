"""The jobs in flight that workers report, from the real Redis."""

import os
from uuid import uuid4

import pytest
import redis

from server.submissions.queue.dispatch import in_flight

pytestmark = pytest.mark.redis


def test_those_jobs_are_held_that_a_worker_named(settings):
    settings.REDIS_URL = os.environ["REDIS_URL"]
    mine, nobodys = uuid4(), uuid4()
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.set(f"held:{mine}", "", ex=6)

    assert in_flight([mine, nobodys]) == {mine}


def test_without_a_broker_nobody_can_tell(settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    with pytest.raises(redis.RedisError):
        in_flight([uuid4()])


def test_of_nothing_nothing_is_held(settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    assert in_flight([]) == set()
