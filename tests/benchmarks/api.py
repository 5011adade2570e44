"""How many submissions per second the API accepts. A measurement, not a test:

    python -m tests.benchmarks.api [--seconds 20] [--callers 16] [--workers 2] [--json FILE]

It starts a PostgreSQL, a Redis and the website of its own and hands in through keep-alive connections, each request
with an Idempotency-Key of its own. It prints the rate, the waits, the processor time that website, database and Redis
need for a submission, and the memory of the website before and after. Nothing is graded meanwhile. The caller shares
the machine with the server; where others do so too, the processor time says more than the rate.
"""

import argparse
import asyncio
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path
from statistics import quantiles

import psutil

from deploy.dev.processes import free_port, is_taken, running, wait_until
from deploy.dev.services import postgres, redis

BIN = Path(sys.executable).parent
ASSIGNMENT = "gradients/two-variables"
# What each program has in its command.
PROGRAMS = {"website": "granian", "database": "postgres", "Redis": "redis"}
# Nothing is graded here, and only so many submissions of a learner can be open.
LEARNERS, EACH = 20_000, 5
PEOPLE = f"""
from server.accounts.models import User
from server.courses.models import Course, Enrollment, Role
course = Course.objects.get(slug="autograd-demo")
names = [f"api{{number}}" for number in range({LEARNERS})]
people = User.objects.bulk_create((User(username=name, external_id=name) for name in names), batch_size=2_000)
Enrollment.objects.bulk_create(
    (Enrollment(course=course, user=one, role=Role.STUDENT) for one in people), batch_size=2_000
)
"""
SOURCE = "def gradient(x, y):\n    return 2 * x * y, x ** 2\n" * 20


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--callers", type=int, default=16)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), options)


def measure(folder, options):
    with postgres(folder) as database_url, redis(folder) as redis_url:
        port = free_port()
        env = {
            "DJANGO_SETTINGS_MODULE": "server.settings.demo",
            "CHAINRULE_VAR": str(folder),
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "CHAINRULE_API_REQUESTS_PER_MINUTE": "1000000",
        }
        manage(env, "migrate", "--verbosity", "0")
        manage(env, "demo")
        manage(env, "shell", "--no-imports", "-c", PEOPLE)
        scopes = ("--scope", "submissions:write", "--scope", "submissions:read")
        token = manage(env, "apitoken", "bench", "--course", "autograd-demo", *scopes).strip()
        command = [BIN / "granian", "--interface", "asgi", "--host", "127.0.0.1", "--port", str(port)]
        command += ["--workers", str(options.workers), "server.asgi:application"]
        log = folder / "web.log"
        with running("the website", command, log=log, env=env) as process:
            wait_until(lambda: is_taken(port), name="the website", process=process, log=log)
            report(asyncio.run(load(port, token, options, process.pid)), options)


def manage(env, *words):
    command = [BIN / "python", "manage.py", *words]
    return subprocess.run(command, env=os.environ | env, capture_output=True, text=True, check=True).stdout


async def load(port, token, options, pid):
    """Submit until the time is over; (waits and statuses, MiB before and after, processor seconds)."""
    number = await find_assignment(port, token)
    await everybody(port, token, number, options.callers, seconds=3.0)
    before, spent = memory(pid), processor_time(os.getpid())
    answers = await everybody(port, token, number, options.callers, seconds=options.seconds)
    after = processor_time(os.getpid())
    return answers, before, memory(pid), {name: after[name] - spent.get(name, 0.0) for name in after}


async def everybody(port, token, number, callers, *, seconds):
    until = time.monotonic() + seconds
    tasks = (one_caller(port, token, number, until) for _ in range(callers))
    return [answer for answers in await asyncio.gather(*tasks) for answer in answers]


_learners = itertools.count()


async def one_caller(port, token, number, until):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answers = []
    bodies = (body for learner in _learners for body in [body_of(number, f"api{learner}")] * EACH)
    while (began := time.monotonic()) < until:
        body = next(bodies)
        status, _ = await ask(reader, writer, "POST", "/submissions", token, body, key=str(uuid.uuid4()))
        answers.append((time.monotonic() - began, status))
    writer.close()
    return answers


def body_of(number, learner):
    return json.dumps({"assignment": number, "user": {"external_id": learner}, "source": SOURCE})


async def find_assignment(port, token):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    _, body = await ask(reader, writer, "GET", f"/assignments?exercise={ASSIGNMENT}", token)
    writer.close()
    return json.loads(body)["items"][0]["id"]


async def ask(reader, writer, method, path, token, body="", key=""):
    """One request on an open connection: (status, body)."""
    headers = f"Host: 127.0.0.1\r\nAuthorization: Bearer {token}\r\nContent-Length: {len(body)}\r\n"
    headers += f"Content-Type: application/json\r\nIdempotency-Key: {key}\r\n" if key else ""
    writer.write(f"{method} /api/v1{path} HTTP/1.1\r\n{headers}\r\n{body}".encode())
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
    return int(head.split()[1]), await reader.readexactly(length)


def memory(pid):
    """Resident memory of a process and its children in MiB."""
    process = psutil.Process(pid)
    return sum(one.memory_info().rss for one in [process, *process.children(recursive=True)]) / 2**20


def processor_time(pid):
    """Seconds of processor that the children of a process have used, by program."""
    spent = dict.fromkeys(PROGRAMS, 0.0)
    for one in psutil.Process(pid).children(recursive=True):
        words = " ".join(one.cmdline())
        program = next((name for name, word in PROGRAMS.items() if word in words), None)
        if program:
            spent[program] += one.cpu_times().user + one.cpu_times().system
    return spent


def report(measured, options):
    answers, before, after, spent = measured
    waits = sorted(wait for wait, _ in answers)
    cuts = quantiles(waits, n=100)
    statuses = {status: sum(found == status for _, found in answers) for status in {status for _, status in answers}}
    print(f"{len(answers) / options.seconds:.0f} submissions/s  statuses {statuses}  load {os.getloadavg()[0]:.1f}")
    print(f"wait: median {cuts[49] * 1000:.0f} ms, 95% {cuts[94] * 1000:.0f} ms, longest {waits[-1] * 1000:.0f} ms")
    each = sum(spent.values()) / len(answers)
    print(f"processor: {each * 1000:.1f} ms a submission, so {2 / each:.0f} submissions/s on two cores of its own")
    shares = {name: round(seconds / len(answers) * 1000, 2) for name, seconds in spent.items()}
    print("of these: " + ", ".join(f"{name} {milliseconds:.1f} ms" for name, milliseconds in shares.items()))
    print(f"memory of the website: {before:.0f} MiB before, {after:.0f} MiB after")
    if options.json:
        rate = round(len(answers) / options.seconds, 1)
        options.json.write_text(json.dumps({"per_second": rate, "processor_ms": shares}, indent=2))


if __name__ == "__main__":
    main()
