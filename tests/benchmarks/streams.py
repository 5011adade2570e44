"""Thousands of open event streams: what they hold while nothing happens, and what a message to all costs.

    python -m tests.benchmarks.streams [--streams 2000] [--workers 2] [--seconds 10] [--json FILE]

A measurement. PostgreSQL, Redis and the website run on this machine; no grader runs, so every submission waits. Each
stream watches a submission of its own, as a page does. It prints the connections to PostgreSQL and Redis, the open
files and the memory of the website's processes for each stream, and their processor while all are idle. Then each
submission gets a message, and it prints how long it takes until the last stream has it, and the processor for each.
"""

import argparse
import asyncio
import json
import os
import resource
import tempfile
import time
from pathlib import Path

import psutil
import psycopg
import redis

from deploy.dev.services import postgres
from tests.support.system import whole_system

# One person watches all: a stream costs the same. The submissions wait for a turn that is not theirs for a long time.
WATCHED = """
import json
from datetime import timedelta
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone
from server.accounts.models import User
from server.gradebook.models import Assignment
from server.submissions.models import CourseTurn, Kind, Submission
learner, now = User.objects.get(username="student1"), timezone.now()
later = now + timedelta(days=1)
assignment = Assignment.objects.get(course__slug="autograd-demo", slug="derivatives/sin")
rows = Submission.objects.bulk_create(
    Submission(
        learner=learner, assignment=assignment, kind=Kind.TEST_RUN, number=100 + number,
        exercise=assignment.exercise,
        digest="0", runtime="cpu", source="x = 1", tries=0,
        submitted_at=now, sent_at=now, turn_at=later, leased_until=later, turn_course_id=assignment.course_id,
    )
    for number in range({count})
)
CourseTurn.objects.get_or_create(runtime="cpu", course_id=assignment.course_id)
session = SessionStore()
session[SESSION_KEY] = str(learner.pk)
session[BACKEND_SESSION_KEY] = "server.accounts.backends.AuthenticationBackend"
session[HASH_SESSION_KEY] = learner.get_session_auth_hash()
session.save()
print(json.dumps([session.session_key, [[str(row.pk), row.get_absolute_url()] for row in rows]]))
"""
CONNECTIONS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
MESSAGE = {"state": "running", "case": 1, "of": 3}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--streams", type=int, default=2_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=10, help="How long all are idle.")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    allow_files(3 * options.streams + 1_000)
    with tempfile.TemporaryDirectory() as name, postgres(Path(name)) as server:
        os.environ["CHAINRULE_TEST_POSTGRES"] = server
        with whole_system(Path(name), website=False) as system, system.website(workers=options.workers) as website:
            session, watched = watched_on(system, options.streams)
            figures = asyncio.run(measure(system, psutil.Process(website.pid), session, watched, options.seconds))
    report(figures)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2))


def allow_files(number):
    """Let this process and those that it starts open so many files."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(number, hard), hard))


def watched_on(system, count):
    """The session of somebody, and the id and address of so many submissions that wait."""
    done = system.manage("shell", "--verbosity", "0", "--no-imports", "-c", WATCHED.format(count=count))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


async def measure(system, website, session, watched, seconds):
    """The figures of all streams: while idle, and when each gets a message."""
    client = redis.Redis.from_url(system.env["REDIS_URL"])
    with psycopg.connect(system.env["DATABASE_URL"], autocommit=True) as db:
        before = held(db, client, website)
        began = time.monotonic()
        streams = await open_all(system, session, [address for _, address in watched])
        opened = time.monotonic() - began
        spent = processor(website)
        await asyncio.sleep(seconds)
        idle = (processor(website) - spent) / seconds
        during = held(db, client, website)
        spent, began = processor(website), time.monotonic()
        with client.pipeline(transaction=False) as pipe:
            for pk, _ in watched:
                pipe.publish(f"progress:{pk}", json.dumps(MESSAGE))
            pipe.execute()
        arrived = await asyncio.gather(*(until_running(reader) for reader, _ in streams))
        took, cost = max(arrived) - began, processor(website) - spent
        for _, writer in streams:
            writer.close()
    return {
        "streams": len(watched),
        "open_seconds": opened,
        "idle_processor": idle,
        "message_seconds": took,
        "message_processor": cost,
        "before": before,
        "during": during,
    }


def held(db, client, website):
    processes = [website, *website.children(recursive=True)]
    return {
        "postgres": db.execute(CONNECTIONS).fetchone()[0],
        "redis": int(client.info("clients")["connected_clients"]) - 1,
        "files": sum(one.num_fds() for one in processes),
        "memory_mib": sum(one.memory_full_info().pss for one in processes) / 2**20,
    }


def processor(website):
    """Seconds of processor that the website's processes used."""
    return sum(sum(one.cpu_times()[:2]) for one in [website, *website.children(recursive=True)])


async def open_all(system, session, addresses):
    """Open a stream for each address, at most fifty at the same moment, and wait for the first event of each."""
    turns = asyncio.Semaphore(50)

    async def opened(address):
        async with turns:
            reader, writer = await asyncio.open_connection("127.0.0.1", system.port)
            request = f"GET {address}events HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: sessionid={session}\r\n\r\n"
            writer.write(request.encode())
            status = await reader.readline()
            assert b" 200 " in status, status
            await until(reader, b"event: progress")
            return reader, writer

    return await asyncio.gather(*map(opened, addresses))


async def until(reader, words):
    line = b""
    while words not in line:
        before, line = line, await reader.readline()
        assert line, f"the stream ended after {before!r}"


async def until_running(reader):
    """When a stream brought the message."""
    await until(reader, b'"state": "running"')
    return time.monotonic()


def report(figures):
    number, before, during = figures["streams"], figures["before"], figures["during"]
    print(f"{number} streams, opened in {figures['open_seconds']:.0f} s; load {os.getloadavg()[0]:.1f}")
    for name in ("postgres", "redis", "files"):
        print(f"  {name:10} {before[name]:6} -> {during[name]:6}")
    grown = 1024 * (during["memory_mib"] - before["memory_mib"]) / number
    print(
        f"  memory     {before['memory_mib']:6.0f} -> {during['memory_mib']:6.0f} MiB, {grown:.0f} KiB for each stream"
    )
    print(f"  idle: {figures['idle_processor']:.2f} cores, {1000 * figures['idle_processor'] / number:.2f} ms/s each")
    print(
        f"  a message to each: {figures['message_seconds']:.1f} s until the last, "
        f"{1000 * figures['message_processor'] / number:.1f} ms of processor each"
    )


if __name__ == "__main__":
    main()
