"""The way to Redis: its URL, and messages that no receiver can handle."""

import os
import time
from contextlib import closing
from types import SimpleNamespace
from uuid import uuid4

import kombu.transport.redis
import pytest
import redis
from kombu import Connection, Queue
from structlog.testing import capture_logs

from deploy.dev.services import redis as redis_server
from grader.messaging import redis_transport
from grader.messaging.redis_transport import BROKER_ERRORS, Transport, broker_url, install_transport


def test_the_url_file_wins_over_the_variable(monkeypatch, tmp_path):
    (tmp_path / "url").write_text("redis://from-the-file\n")
    monkeypatch.setenv("REDIS_URL", "redis://from-the-variable")
    assert broker_url() == "redis://from-the-variable"

    monkeypatch.setenv("REDIS_URL_FILE", str(tmp_path / "url"))
    assert broker_url() == "redis://from-the-file"


def test_the_default_url_is_this_machine(monkeypatch):
    monkeypatch.delenv("REDIS_URL", raising=False)
    monkeypatch.delenv("REDIS_URL_FILE", raising=False)

    assert broker_url() == "redis://127.0.0.1:6379/0"


@pytest.mark.parametrize("scheme", ["redis", "rediss"])
def test_both_schemes_use_our_transport_and_keep_tls(scheme):
    install_transport()

    with Connection(f"{scheme}://somewhere:1/0") as connection:
        assert connection.get_transport_cls() is Transport
        assert bool(connection.ssl) is (scheme == "rediss")


@pytest.mark.redis
@pytest.mark.parametrize("odd", [b"\xff", b"hello", b"{}", b"[" * 100_000, b'{"__type__": "uuid"}', b"null"])
def test_an_unreadable_message_is_dropped_and_logged(odd):
    install_transport()
    name = f"test.{uuid4()}"
    with (
        Connection(os.environ["REDIS_URL"]) as connection,
        closing(redis.Redis.from_url(os.environ["REDIS_URL"])) as client,
        closing(connection.SimpleQueue(name)) as queue,
        capture_logs() as logged,
    ):
        client.lpush(name, odd)
        queue.put("a job")
        taken = queue.get(timeout=5)
        taken.ack()
        queue.queue.delete()

    assert taken.payload == "a job"
    assert [line["event"] for line in logged if line["log_level"] == "error"] == ["message_dropped"]


@pytest.mark.redis
def test_a_message_that_its_handler_rejects_is_not_redelivered():
    install_transport()
    name = f"test.{uuid4()}"
    received = []

    def receive(body, message):
        if body == "odd":
            raise ValueError("cannot take it")
        received.append(body)
        message.ack()

    with (
        Connection(os.environ["REDIS_URL"]) as connection,
        closing(connection.SimpleQueue(name)) as queue,
        connection.Consumer([queue.queue], callbacks=[receive]) as consumer,
    ):
        for body in ("odd", "a job"):
            queue.put(body)
        while not received:
            connection.drain_events(timeout=5)
        assert not consumer.channel.qos._delivered.keys() - consumer.channel.qos._dirty
        queue.queue.delete()

    assert received == ["a job"]


@pytest.mark.redis
def test_a_message_costs_six_redis_commands(tmp_path):
    install_transport()
    taken, number = [], 20
    with redis_server(tmp_path) as url, Connection(url) as connection, redis.Redis.from_url(url) as client:
        consumer = connection.Consumer([Queue("jobs")], on_message=taken.append, prefetch_count=1)
        consumer.consume()
        producer = connection.Producer()
        client.config_resetstat()
        for place in range(number):
            producer.publish("a job", routing_key="jobs")
            while len(taken) == place:
                connection.drain_events(timeout=5)
            assert (client.hlen("unacked"), client.zcard("unacked_index")) == (1, 1)
            taken[place].ack()
        assert (client.hlen("unacked"), client.zcard("unacked_index")) == (0, 0)
        calls = {name[8:]: entry["calls"] for name, entry in client.info("commandstats").items()}

    asked_here = {"hlen", "zcard", "config|resetstat", "info", "time"}
    assert sum(calls[name] for name in calls.keys() - asked_here) <= 6 * number, calls


@pytest.mark.redis
@pytest.mark.parametrize("method", ["ack", "reject", "requeue"])
def test_a_lost_acknowledgement_does_not_block_the_consumer(tmp_path, method):
    install_transport()
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

    with pytest.raises(BROKER_ERRORS):
        getattr(taken[0], method)()

    assert consumer.channel.qos.can_consume()
    connection.collect()


@pytest.mark.parametrize(
    ("url", "host", "expected"),
    [
        ("redis://grading:p%40ss@redis:6379/0", "10.0.0.7", "redis://grading:p%40ss@10.0.0.7:6379/0"),
        ("redis://redis", "10.0.0.7", "redis://10.0.0.7:6379"),
        ("rediss://a:b@redis:6380/1?x=y", "fd00::7", "rediss://a:b@[fd00::7]:6380/1?x=y"),
        ("redis://a:b@redis:6379/0", "", "redis://a:b@redis:6379/0"),
    ],
)
def test_the_host_of_redis_can_be_given_as_an_address(monkeypatch, tmp_path, url, host, expected):
    (tmp_path / "url").write_text(f"{url}\n")
    monkeypatch.setenv("REDIS_URL_FILE", str(tmp_path / "url"))
    monkeypatch.setenv("CHAINRULE_REDIS_HOST", host)

    assert broker_url() == expected


@pytest.mark.redis
@pytest.mark.parametrize(("taker", "other"), [(-3600, 0), (0, 3600)], ids=["slow-taker", "fast-other"])
def test_a_message_stays_with_its_worker_if_clocks_differ(monkeypatch, taker, other):
    install_transport()
    ours = {"visibility_timeout": 60, "unacked_key": f"test.{uuid4()}", "unacked_index_key": f"test.{uuid4()}"}
    name, true_time = f"test.{uuid4()}", time.time

    def show(seconds):
        for module in (redis_transport, kombu.transport.redis):
            monkeypatch.setattr(module, "time", clock_of(module, lambda: true_time() + seconds))

    with (
        Connection(os.environ["REDIS_URL"], transport_options=ours) as first,
        Connection(os.environ["REDIS_URL"], transport_options=ours) as second,
        closing(first.SimpleQueue(name)) as queue,
        closing(redis.Redis.from_url(os.environ["REDIS_URL"])) as client,
    ):
        queue.put("a job")
        show(taker)
        taken = queue.get(timeout=5)
        show(other)
        second.default_channel.qos.restore_visible()
        waiting = client.llen(name)
        taken.ack()
        queue.queue.delete()

    assert waiting == 0


def clock_of(module, now):
    """What a module has as `time`: the module of that name, or its function."""
    return SimpleNamespace(time=now) if module is redis_transport else now
