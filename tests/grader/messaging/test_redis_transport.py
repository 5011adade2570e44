import os
from contextlib import closing
from uuid import uuid4

import pytest
import redis
from kombu import Connection
from structlog.testing import capture_logs

from deploy.dev.services import redis as redis_server
from grader.messaging.redis_transport import OF_BROKER, Transport, broker, drop_what_cannot_be_read


def test_a_file_goes_before_the_variable(monkeypatch, tmp_path):
    (tmp_path / "url").write_text("redis://from-the-file\n")
    monkeypatch.setenv("REDIS_URL", "redis://from-the-variable")
    assert broker() == "redis://from-the-variable"

    monkeypatch.setenv("REDIS_URL_FILE", str(tmp_path / "url"))
    assert broker() == "redis://from-the-file"


def test_without_either_it_is_this_machines(monkeypatch):
    monkeypatch.delenv("REDIS_URL", raising=False)
    monkeypatch.delenv("REDIS_URL_FILE", raising=False)

    assert broker() == "redis://127.0.0.1:6379/0"


@pytest.mark.parametrize("scheme", ["redis", "rediss"])
def test_the_way_is_ours_and_as_secret_as_the_address_says(scheme):
    drop_what_cannot_be_read()

    with Connection(f"{scheme}://somewhere:1/0") as connection:
        assert connection.get_transport_cls() is Transport
        assert bool(connection.ssl) is (scheme == "rediss")


@pytest.mark.redis
@pytest.mark.parametrize("odd", [b"\xff", b"hello", b"{}", b"[" * 100_000, b'{"__type__": "uuid"}', b"null"])
def test_what_cannot_be_read_is_passed_over_and_noted(odd):
    drop_what_cannot_be_read()
    name = f"test.{uuid4()}"
    with (
        Connection(os.environ["REDIS_URL"]) as connection,
        closing(redis.Redis.from_url(os.environ["REDIS_URL"])) as client,
        closing(connection.SimpleQueue(name)) as queue,
        capture_logs() as said,
    ):
        client.lpush(name, odd)
        queue.put("a job")
        taken = queue.get(timeout=5)
        taken.ack()
        queue.queue.delete()

    assert taken.payload == "a job"
    assert [line["event"] for line in said if line["log_level"] == "error"] == ["message_dropped"]


@pytest.mark.redis
def test_a_message_that_its_receiver_cannot_take_is_not_put_back():
    drop_what_cannot_be_read()
    name = f"test.{uuid4()}"
    heard = []

    def receive(body, message):
        if body == "odd":
            raise ValueError("cannot take it")
        heard.append(body)
        message.ack()

    with (
        Connection(os.environ["REDIS_URL"]) as connection,
        closing(connection.SimpleQueue(name)) as queue,
        connection.Consumer([queue.queue], callbacks=[receive]) as consumer,
    ):
        for body in ("odd", "a job"):
            queue.put(body)
        while not heard:
            connection.drain_events(timeout=5)
        assert not consumer.channel.qos._delivered.keys() - consumer.channel.qos._dirty
        queue.queue.delete()

    assert heard == ["a job"]


@pytest.mark.redis
@pytest.mark.parametrize("fate", ["ack", "reject", "requeue"])
def test_what_was_in_hand_when_the_broker_went_does_not_keep_others_from_being_taken(tmp_path, fate):
    drop_what_cannot_be_read()
    taken = []
    with redis_server(tmp_path) as url:
        connection = Connection(url)
        queue = connection.SimpleQueue("jobs")
        queue.put("a job")
        consumer = connection.Consumer([queue.queue], on_message=taken.append, prefetch_count=1)
        consumer.consume()
        while not taken:
            connection.drain_events(timeout=5)
        assert not consumer.channel.qos.can_consume()

    with pytest.raises(OF_BROKER):
        getattr(taken[0], fate)()

    assert consumer.channel.qos.can_consume()
    connection.collect()
