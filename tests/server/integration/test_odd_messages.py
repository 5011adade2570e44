"""An attacker with a grader's Redis account can send any message and any reply: no process stops."""

import base64
import json
from contextlib import closing, contextmanager
from threading import Thread
from uuid import uuid4

import pytest
import redis

from tests.server.integration.test_observability import DASHBOARD
from tests.server.integration.test_whole_flow import python
from tests.support.oddities import MISSING, places, replaced

pytestmark = [pytest.mark.slow, pytest.mark.redis]

QUEUES = {"records": "submissions.record", "grading.cpu": "grader.grade"}
PAGES = """
from django.test import Client
from django.urls import reverse
from server.accounts.models import User
from server.demo.course import SLUG, STUDENTS
from server.gradebook.models import Assignment
from server.submissions.queue import worker_presence
worker_presence.record_presence()
client = Client(headers={"host": "127.0.0.1"})
client.force_login(User.objects.get(username=STUDENTS[-1]))
assignment = Assignment.objects.get(course__slug=SLUG, slug="derivatives/sin")
print(client.get(assignment.get_absolute_url()).status_code)
"""
ODD = [MISSING, None, True, -1, 1e300, "x", [], [1, 2, 3], ["x", "y"], {}, {"a": 1}]
NO_JSON = [b"\xff\x00", b"hello", b"[1]", b"3", b"null", b'"x"', b"{}", b"[" * 200_000]
# Values that kombu decodes to types that JSON does not have.
NO_VALUES = [
    b'{"__type__": "uuid"}',
    b'{"__type__": "uuid", "__value__": 3}',
    b'{"__type__": "decimal", "__value__": "x"}',
]
BODIES = ["", "%%%", "é", 5, b"\xff", b"{}", b"[]", b"[1, 2]", b"[[], {}]", b"[3, 3, 3]", b"[" * 100_000, *NO_VALUES]
EMBEDDED = b'[["x"], {}, {"callbacks": [3], "errbacks": "x", "chain": [{"task": "nothing"}], "chord": {"task": 1}}]'
ANSWERS = [3, None, "x", [], [3], [{"name": 3}], [{"name": "asked"}], {}, {"chainrule": 3}, {"chainrule": {"out": {}}}]


def message(queue):
    """A message in Celery's format, with arguments that its receiver cannot use."""
    name = str(uuid4())
    return {
        "body": encoded([["x"], {}, dict.fromkeys(["callbacks", "errbacks", "chain", "chord"])]),
        "content-type": "application/json",
        "content-encoding": "utf-8",
        "headers": {
            **dict.fromkeys(["shadow", "eta", "expires", "group", "group_index", "parent_id", "stamped_headers"]),
            "task": QUEUES[queue],
            "id": name,
            "root_id": name,
            "lang": "py",
            "origin": "gen1@here",
            "retries": 0,
            "timelimit": [None, None],
            "argsrepr": "('x',)",
            "kwargsrepr": "{}",
            "ignore_result": True,
            "replaced_task_nesting": 0,
            "stamps": {},
        },
        "properties": {
            "correlation_id": name,
            "reply_to": name,
            "delivery_mode": 2,
            "priority": 0,
            "body_encoding": "base64",
            "delivery_tag": str(uuid4()),
            "delivery_info": {"exchange": "", "routing_key": queue},
        },
    }


def encoded(body):
    """A message's body as it is in a queue: bytes as they are, everything else as JSON."""
    return base64.b64encode(body if isinstance(body, bytes) else json.dumps(body).encode()).decode()


def odd_messages(queue):
    """Yield messages with an odd value in every place, and bytes that are no messages."""
    yield from NO_JSON + NO_VALUES
    for body in [*BODIES, EMBEDDED]:
        yield json.dumps(message(queue) | {"body": encoded(body) if isinstance(body, bytes) else body}).encode()
    for way in places(message(queue)):
        for value in ODD:
            yield json.dumps(replaced(message(queue), way, value)).encode()
    for headers in ({}, None, {"id": "1"}):  # Celery's protocol 1 has them in the body
        body = encoded({"task": QUEUES[queue], "timelimit": ["x", "y"]})
        yield json.dumps(message(queue) | {"headers": headers, "body": body}).encode()


@pytest.fixture
def attacker(idle):
    with closing(redis.Redis.from_url(idle.env["REDIS_URL"])) as client:
        yield client


@pytest.mark.parametrize("queue", QUEUES)
def test_no_message_stops_a_worker(idle, attacker, queue):
    log = idle.folder / ("records.log" if queue == "records" else "grading.log")
    with idle.grader():
        for odd_message in odd_messages(queue):
            attacker.lpush(queue, odd_message)

        done = idle.manage("grade_samples", "gradients/sum-of-matrix")

        assert (done.returncode, done.stderr) == (0, "")
    text = log.read_text()
    assert text.count("message_dropped") > 50
    assert "Unrecoverable" not in text
    assert "broker lost" not in text


@contextmanager
def impostors(client):
    """While the block runs, answer each broadcast to the workers in the name of many that do not exist."""
    with client.pubsub() as channel:
        channel.psubscribe("/*.celery.pidbox")
        listener = Thread(target=answer, args=(client, channel))
        listener.start()
        try:
            yield
        finally:
            channel.punsubscribe()
            listener.join()


def answer(client, channel):
    for received in channel.listen():
        if received["type"] == "punsubscribe":
            return
        if received["type"] == "pmessage":
            request = json.loads(base64.b64decode(json.loads(received["data"])["body"]))
            if "reply_to" in request:
                for reply in replies(request):
                    client.lpush(f"{request['reply_to']['routing_key']}.reply.celery.pidbox", reply)


def replies(request):
    yield from NO_JSON + NO_VALUES
    for number, content in enumerate([*ANSWERS, MISSING]):
        body = 3 if content is MISSING else {f"grader{number}@nowhere": content}
        reply = message("records")
        reply["body"] = encoded(body)
        reply["headers"] = {"ticket": request["ticket"], "clock": "late" if number % 2 else 1}
        yield json.dumps(reply).encode()


def test_pages_work_whatever_graders_report(idle, attacker):
    with idle.grader(), impostors(attacker):
        assert idle.manage("grade_samples", "gradients/sum-of-matrix").returncode == 0

        shown = python(idle, DASHBOARD)
        page = python(idle, PAGES)

    assert "grading@" in shown
    assert "grading.cpu" in shown
    assert page == "200"
