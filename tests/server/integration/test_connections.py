"""How many connections to PostgreSQL each process keeps, and for how long."""

import http.client
import json
import os
import time
from contextlib import ExitStack, closing, suppress
from datetime import datetime

import psutil
import psycopg
import pytest

from server.demo.course import SLUG, STUDENTS
from tests.support.system import whole_system

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

POOL = 2
WATCHERS = 3 * POOL
EXERCISE = "derivatives/sin"
WATCH = """
import json
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from server.accounts.models import User
from server.gradebook.models import Assignment
from server.submissions import services
assignment = Assignment.objects.get(course__slug={course!r}, slug={exercise!r})
found = []
for learner in User.objects.filter(username__in={students!r}):
    session = SessionStore()
    session[SESSION_KEY] = str(learner.pk)
    session[BACKEND_SESSION_KEY] = "server.accounts.backends.AuthenticationBackend"
    session[HASH_SESSION_KEY] = learner.get_session_auth_hash()
    session.save()
    row = services.submit(learner=learner, assignment=assignment, source="x = 1")
    found.append([session.session_key, row.get_absolute_url()])
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def system(tmp_path_factory):
    if "CHAINRULE_TEST_POSTGRES" not in os.environ:
        pytest.skip("needs the PostgreSQL at CHAINRULE_TEST_POSTGRES")
    env = {"CHAINRULE_DB_POOL": str(POOL), "CHAINRULE_SWEEP_SECONDS": "0.5"}
    with whole_system(tmp_path_factory.mktemp("system"), env=env) as system:
        yield system


@pytest.fixture
def watched(system):
    """Session keys and addresses of submissions that wait, one per learner; no grader runs."""
    script = WATCH.format(course=SLUG, exercise=EXERCISE, students=STUDENTS[-WATCHERS:])
    done = system.manage("shell", "--verbosity", "0", "-c", script)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_streams_of_events_hold_no_connection_while_they_wait(system, watched):
    with ExitStack() as stack:
        for session, address in watched:
            stream = opened(stack, system, f"{address}events", session)
            assert stream.status == 200
            assert stream.readline().startswith(b"event: progress")

        # More streams are open than there are connections. Pages still answer, one after another.
        for session, address in watched:
            assert opened(stack, system, address, session).status == 200
        assert 0 < len(connections_of(system, "server.asgi:application")) <= POOL


def opened(stack, system, address, session):
    connection = stack.enter_context(closing(http.client.HTTPConnection("127.0.0.1", system.port, timeout=30)))
    connection.request("GET", address, headers={"Cookie": f"sessionid={session}"})
    return connection.getresponse()


def test_the_records_worker_keeps_and_replaces_its_connection(system):
    kept, used = eventually(lambda: the_only(connections_of(system, "records")))
    # Each periodic task updates the last use of its connection.
    for _ in range(3):
        used = eventually(lambda since=used: later(connections_of(system, "records"), kept, since))

    with server() as connection:
        connection.execute("SELECT pg_terminate_backend(%s)", [kept])

    eventually(lambda: the_only(connections_of(system, "records"), unlike=kept))


def connections_of(system, word):
    """When each connection was last used, of processes with a word in their command.

    The time is None for a new connection that has sent no query.
    """
    ports = set()
    for process in psutil.Process().children():
        # The process can end at this moment.
        with suppress(psutil.NoSuchProcess):
            if word in " ".join(process.cmdline()):
                for member in (process, *process.children(recursive=True)):
                    ports |= ports_of(member)
    name = system.env["DATABASE_URL"].rpartition("/")[2]
    rows = "SELECT pid, query_start, client_port FROM pg_stat_activity WHERE datname = %s"
    with server() as connection:
        return {pid: used for pid, used, port in connection.execute(rows, [name]) if port in ports}


def ports_of(process):
    with suppress(psutil.NoSuchProcess):
        return {one.laddr.port for one in process.net_connections("tcp")}
    return set()


def the_only(connections, *, unlike=None):
    """The only connection and its last use; None if it was not used yet."""
    match list(connections.items()):
        case [(pid, datetime() as used)] if pid != unlike:
            return pid, used
    return None


def later(connections, pid, since):
    assert list(connections) == [pid]
    return connections[pid] if connections[pid] > since else None


def eventually(find):
    """Wait until `find` returns something, and return it."""
    for _ in range(600):
        if found := find():
            return found
        time.sleep(0.1)
    raise AssertionError("nothing came within a minute")


def server():
    return psycopg.connect(os.environ["CHAINRULE_TEST_POSTGRES"], autocommit=True)
