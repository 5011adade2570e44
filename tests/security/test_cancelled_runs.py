"""A cancelled run stops long before its limit, whatever its code does, and uses its attempt if the code got a case."""

import threading
import time

import docker
import psutil
import pytest

from grader.errors import RunCancelled
from grader.sandboxes.base import Call, Limits, Program
from grader.sandboxes.cancellation import Cancellation
from tests.support.arena import FULL_POINTS, SOLUTION, graded

pytestmark = pytest.mark.slow

LIMITS = Limits(wall_seconds=40.0)
# The next submission can only begin when the one before it is stopped: a wait for the limit would exceed this.
SOON = LIMITS.wall_seconds / 4
# Each one costs a sandbox on each engine, so the first is stubborn in every way at once.
SOURCES = {
    "ignores signals, forks and fills its pipes": """
import os, signal, threading
for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
    signal.signal(number, signal.SIG_IGN)
def write(descriptor):
    while True:
        try:
            os.write(descriptor, b"x" * 65536)
        except OSError:
            pass
def f():
    for descriptor in (1, 2):
        threading.Thread(target=write, args=(descriptor,)).start()
    try:
        for _ in range(4):
            if os.fork() == 0:
                break
    except OSError:
        pass  # gVisor: no forks
    while True: pass
""",
    "never finishes loading, so no case is put": "while True: pass\n",
}


@pytest.mark.parametrize("name", SOURCES)
def test_a_cancelled_run_stops_and_costs_what_it_learned(name, sandbox):
    cancellation = Cancellation()
    program = Program(source=SOURCES[name], entries=("f",))
    sandbox.warm_up()
    threading.Timer(1.0, cancellation.request).start()
    start = time.monotonic()

    with pytest.raises(RunCancelled), sandbox.open(program, limits=LIMITS, cancellation=cancellation) as run:
        run.observe([Call(entry="f")])

    assert time.monotonic() - start < SOON
    assert cancellation.case_put is ("no case is put" not in name)
    assert graded(SOLUTION, sandbox).points == FULL_POINTS


def test_a_cancelled_sandbox_is_gone_with_all_its_processes(engine, sandbox):
    cancellation = Cancellation()
    program = Program(source=SOURCES["ignores signals, forks and fills its pipes"], entries=("f",))
    sandbox.warm_up()
    before = sandbox._instance.label
    threading.Timer(1.0, cancellation.request).start()

    with pytest.raises(RunCancelled), sandbox.open(program, limits=LIMITS, cancellation=cancellation) as run:
        run.observe([Call(entry="f")])
    sandbox._settling.result()
    sandbox._stopping.result(timeout=SOON)

    assert not _exists(engine, before)


def _exists(engine, label):
    name = label.split()[-1]
    if engine == "bubblewrap":
        return psutil.pid_exists(int(name))
    client = docker.from_env()
    try:
        return bool(client.containers.list(all=True, filters={"id": name}))
    finally:
        client.close()
