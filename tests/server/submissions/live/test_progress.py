import asyncio
import json
import os
from uuid import uuid4

import pytest
import redis

from server.submissions.live import progress
from server.submissions.live.progress import LONGEST_CURVE, losses, parse_message


def test_a_case_is_understood():
    message = json.dumps({"state": "running", "case": 2, "of": 5})

    assert parse_message(message) == {"state": "running", "case": 2, "of": 5}


def test_a_loss_means_that_the_code_runs():
    assert parse_message('{"loss": [[0, 1.5], [1, 1]]}') == {"state": "running", "loss": [[0.0, 1.5], [1.0, 1.0]]}


@pytest.mark.parametrize(
    "message",
    [
        None,
        b"\xff",
        "no json",
        "[]",
        "3",
        '{"state": "graded"}',
        '{"case": "<script>", "of": true}',
        '{"state": ["running"]}',
        '{"score": 10}',
        '{"case": -1, "of": ' + "9" * 4000 + "}",
        "[" * 100_000,
    ],
)
def test_what_is_not_progress_is_dropped(message):
    assert parse_message(message) == {}


def test_points_that_cannot_be_drawn_are_dropped():
    message = '{"loss": [[0, NaN], [1, Infinity], [2, "x"], [3], 4, [5, 0.5], [6, %s]]}' % ("9" * 400)

    assert parse_message(message)["loss"] == [[5.0, 0.5]]


def test_a_curve_has_a_longest_length():
    message = json.dumps({"loss": [[step, 1.0] for step in range(LONGEST_CURVE + 5)]})

    assert len(parse_message(message)["loss"]) == LONGEST_CURVE


def test_a_message_says_how_many_losses_came_before():
    assert parse_message('{"loss": [[3, 1.5]], "loss_from": 3}')["loss_from"] == 3
    assert "loss_from" not in parse_message('{"loss": [[3, 1.5]], "loss_from": -1}')


@pytest.fixture
def redis_keys(settings):
    settings.REDIS_URL = os.environ["REDIS_URL"]
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        yield client


@pytest.mark.redis
def test_streams_share_a_client_that_says_nothing_of_itself(redis_keys, settings):
    async def listen(submission):
        async with progress.listen(submission) as listener:
            redis_keys.publish(progress.channel_of(submission), '{"case": 1, "of": 2}')
            found = None
            while found is None:
                found = await listener.next_message(1)
            return await progress._async_client(settings.REDIS_URL), found

    async def both():
        return [await listen(uuid4()) for _ in range(2)]

    (first, message), (second, _) = asyncio.run(both())

    assert first is second
    assert message == {"case": 1, "of": 2}
    # Else redis-py reads its own version from its files, and sends it.
    assert first.get_connection_kwargs()["driver_info"] is None


@pytest.mark.redis
def test_losses_are_read_from_the_list_of_the_run(redis_keys):
    submission = uuid4()
    redis_keys.rpush(f"progress:{submission}:loss", "[0, 4.0]", "[1, NaN]", "[2, 1]", "<script>", "[" * 50_000)
    redis_keys.expire(f"progress:{submission}:loss", 60)

    assert losses(submission) == [[0.0, 4.0], [2.0, 1.0]]
    assert losses(uuid4()) == []
