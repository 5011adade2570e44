"""What a worker says of the jobs in its hands, in the real Redis."""

import os
import secrets

import pytest

from grader.holding import KEPT, hold
from grader.progress import impatient

pytestmark = pytest.mark.redis


def test_what_is_held_is_known_for_a_few_seconds():
    client = impatient(os.environ["REDIS_URL"])
    job = secrets.token_hex(8)

    hold(client, [job])

    assert 0 < client.ttl(f"held:{job}") <= KEPT


def test_without_a_broker_a_worker_goes_on():
    hold(impatient("redis://127.0.0.1:1/0"), ["job"])
