"""Whoever has a grader's account can put anything into a queue, and answer anything: nobody stops for it."""

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
from server.submissions import graders
graders.note()
client = Client(headers={"host": "127.0.0.1"})
client.force_login(User.objects.get(username=STUDENTS[-1]))
assignment = Assignment.objects.get(course__slug=SLUG, slug="derivatives/sin")
print(client.get(assignment.get_absolute_url()).status_code)
"""
ODD = [MISSING, None, True, -1, 1e300, "x", [], [1, 2, 3], ["x", "y"], {}, {"a": 1}]
NO_JSON = [b"\xff\x00", b"hello", b"[1]", b"3", b"null", b'"x"', b"{}", b"[" * 200_000]
# What kombu makes something of that JSON has no word for.
NO_VALUES = [
    b'{"__type__": "uuid"}',
    b'{"__type__": "uuid", "__value__": 3}',
    b'{"__type__": "decimal", "__value__": "x"}',
]
BODIES = ["", "%%%", "é", 5, b"\xff", b"{}", b"[]", b"[1, 2]", b"[[], {}]", b"[3, 3, 3]", b"[" * 100_000, *NO_VALUES]
EMBEDDED = b'[["x"], {}, {"callbacks": [3], "errbacks": "x", "chain": [{"task": "nothing"}], "chord": {"task": 1}}]'
ANSWERS = [3, None, "x", [], [3], [{"name": 3}], [{"name": "asked"}], {}, {"chainrule": 3}, {"chainrule": {"out": {}}}]


def message(queue):
    """A task as Celery sends it, which the receiver will find senseless."""
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
    """A message's body, as it lies in a queue: from bytes as they are, else as JSON."""
    return base64.b64encode(body if isinstance(body, bytes) else json.dumps(body).encode()).decode()


def odd_messages(queue):
    """Yield messages with something odd in every place, and some that are none at all."""
    yield from NO_JSON + NO_VALUES
    for body in [*BODIES, EMBEDDED]:
        yield json.dumps(message(queue) | {"body": encoded(body) if isinstance(body, bytes) else body}).encode()
    for way in places(message(queue)):
        for value in ODD:
            yield json.dumps(replaced(message(queue), way, value)).encode()
    for headers in ({}, None, {"id": "1"}):  # Celery's first protocol, which has them in the body
        body = encoded({"task": QUEUES[queue], "timelimit": ["x", "y"]})
        yield json.dumps(message(queue) | {"headers": headers, "body": body}).encode()


@pytest.fixture
def attacker(idle):
    with closing(redis.Redis.from_url(idle.env["REDIS_URL"])) as client:
        yield client


@pytest.mark.parametrize("queue", QUEUES)
def test_no_message_ends_a_worker_or_keeps_it_from_its_work(idle, attacker, queue):
    log = idle.folder / ("records.log" if queue == "records" else "grading.log")
    with idle.grader():
        for odd_message in odd_messages(queue):
            attacker.lpush(queue, odd_message)

        done = idle.manage("grade_samples", "gradients/sum-of-matrix")

        assert (done.returncode, done.stderr) == (0, "")
    said = log.read_text()
    assert said.count("message_dropped") > 50
    assert "Unrecoverable" not in said
    assert "broker lost" not in said


@contextmanager
def impostors(client):
    """Answer, while the block runs, each question to all workers in the name of many that do not exist."""
    with client.pubsub() as ear:
        ear.psubscribe("/*.celery.pidbox")
        listener = Thread(target=answer, args=(client, ear))
        listener.start()
        try:
            yield
        finally:
            ear.punsubscribe()
            listener.join()


def answer(client, ear):
    for heard in ear.listen():
        if heard["type"] == "punsubscribe":
            return
        if heard["type"] == "pmessage":
            asked = json.loads(base64.b64decode(json.loads(heard["data"])["body"]))
            if "reply_to" in asked:
                for reply in replies(asked):
                    client.lpush(f"{asked['reply_to']['routing_key']}.reply.celery.pidbox", reply)


def replies(asked):
    yield from NO_JSON + NO_VALUES
    for number, said in enumerate([*ANSWERS, MISSING]):
        body = 3 if said is MISSING else {f"grader{number}@nowhere": said}
        reply = message("records")
        reply["body"] = encoded(body)
        reply["headers"] = {"ticket": asked["ticket"], "clock": "late" if number % 2 else 1}
        yield json.dumps(reply).encode()


def test_pages_stand_whatever_graders_say_of_themselves(idle, attacker):
    with idle.grader(), impostors(attacker):
        assert idle.manage("grade_samples", "gradients/sum-of-matrix").returncode == 0

        shown = python(idle, DASHBOARD)
        page = python(idle, PAGES)

    assert "grading@" in shown
    assert "grading.cpu" in shown
    assert page == "200"
