"""A person in a running system: after erasing, nothing is left in Redis, in any file, and in any log."""

import json

import pytest
import redis
from aiosmtpd.controller import Controller

from deploy.dev.processes import free_port
from tests.server.integration.test_whole_flow import python
from tests.support.mail import Inbox
from tests.support.system import whole_system

pytestmark = pytest.mark.slow

MARKS = [b"evelina", b"quorthon", b"eq-7731", b"matr-99812"]

# They hand in, type a wrong password, sign in, look at pages, and a teacher answers them.
LIVE = """
from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse
from server.comments.services import comment
from server.courses.models import Course, Enrollment
from server.submissions.models import Submission
from server.submissions.services import submit
settings.ALLOWED_HOSTS = ["*"]
User = get_user_model()
person = User.objects.create_user(
    "eq-7731", "evelina.quorthon@example.org", "quorthon-password", first_name="Evelina", last_name="Quorthon",
    external_id="MATR-99812")
course = Course.objects.get(slug="autograd-demo")
Enrollment.objects.create(course=course, user=person)
assignment = course.assignments.get(exercise="derivatives/sin")
for password in ("wrong", "quorthon-password"):
    client = Client()
    client.post(reverse("account_login"), {"login": "eq-7731", "password": password})
for address in ("/", "/accounts/profile/", assignment.get_absolute_url()):
    client.get(address)
client.post("/accounts/password/reset/", {"email": "evelina.quorthon@example.org"})
code = "quorthon_secret_code = 1\\nprint('quorthon_printed')\\nraise RuntimeError('quorthon_raised')\\n"
row = submit(learner=person, assignment=assignment, source=code)
comment(row, author=User.objects.get(username="instructor"), text="Dear Evelina Quorthon")
print(row.pk)
"""
STATE = """
from server.submissions.models import Submission
import time
for _ in range(300):
    row = Submission.objects.get(pk="{}")
    if not row.is_open:
        break
    time.sleep(0.2)
print(row.state)
"""
OTHERS = """
import json
from server.gradebook.models import Grade
print(json.dumps(list(Grade.objects.exclude(learner__username="eq-7731").order_by("pk").values_list("pk", "final"))))
"""


def in_redis(client):
    """Return each key of Redis that has one of the texts in its name or its value."""
    found = []
    for key in client.scan_iter(count=1000):
        kind = client.type(key)
        read = {b"string": client.get, b"hash": client.hgetall, b"set": client.smembers}
        content = read[kind](key) if kind in read else ranged(client, kind, key)
        if any(mark in repr((key, content)).lower().encode() for mark in MARKS):
            found.append(key)
    return found


def ranged(client, kind, key):
    return client.zrange(key, 0, -1) if kind == b"zset" else client.lrange(key, 0, -1)


def in_files(folder):
    """Return each file of the system that has one of the texts, or one of them in its name."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return sorted(
        path.name
        for path in files
        if any(mark in path.read_bytes().lower() or mark in path.name.lower().encode() for mark in MARKS)
    )


@pytest.fixture
def mail_server():
    """A real SMTP server, because the demo writes e-mails into the log instead."""
    port = free_port()
    controller = Controller(Inbox(), hostname="127.0.0.1", port=port)
    controller.start()
    yield {"DJANGO_SETTINGS_MODULE": "tests.support.demo_with_mail", "DEMO_MAIL_PORT": str(port)}
    controller.stop()


@pytest.mark.redis
def test_an_erased_person_is_nowhere_in_a_running_system(tmp_path, mail_server):
    with whole_system(tmp_path, env=mail_server) as system, redis.Redis.from_url(system.env["REDIS_URL"]) as client:
        submission = python(system, LIVE)
        assert in_redis(client), "the job waits in the queue"
        with system.grader():
            assert python(system, STATE.format(submission)) in {"graded", "ungradable"}
        others = python(system, OTHERS)

        done = system.manage("personaldata", "erase", "eq-7731", "--confirm", "eq-7731")

        assert (done.returncode, done.stderr) == (0, "")
        assert in_redis(client) == []
        client.save()
        logs = [name for name in in_files(tmp_path) if name.endswith(".log")]
        assert logs == []
        assert in_files(tmp_path) == []
        assert json.loads(python(system, OTHERS)) == json.loads(others)
