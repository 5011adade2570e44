"""What happens if processes of a warm instance die."""

import os
import signal
import stat
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from grader.harness.supervisor import splice
from grader.sandboxes.base import Limits, Program
from grader.sandboxes.bubblewrap import BubblewrapEngine
from grader.sandboxes.pool import Policy, SandboxPool
from grader.sandboxes.runtimes import load_runtimes
from tests.grader.sandboxes.test_outcomes import call, run

pytestmark = pytest.mark.bubblewrap

WAITING = 2
PATIENT = Limits(wall_seconds=20)
SLOW = Program(source="import time\ndef f():\n    time.sleep(0.5)\n    return 1\n", entries=("f",))


@pytest.fixture
def sandbox():
    sandbox = SandboxPool(BubblewrapEngine(load_runtimes()["embedded"]), Policy())
    sandbox.warm_up()
    sandbox.reasons = reasons = []
    sandbox._on_replaced = reasons.append
    run(sandbox, "def f(): return 1", call())
    sandbox._settling.result()
    yield sandbox
    sandbox.close()


@pytest.fixture
def supervisor(sandbox):
    """The supervisor: the process below this instance's bubblewrap that has a fork server and waiting children."""
    top = psutil.Process(int(sandbox._instance.label.split()[-1]))
    found = []
    until(lambda: found.extend(filter(is_supervisor, [top, *top.children(recursive=True)])) or found)
    return found[0]


def fork_server_and_waiting(supervisor):
    """The process ids of its fork server, which started first, and of the children that wait for a submission."""
    fork_server, *waiting = sorted(supervisor.children(), key=lambda child: (child.create_time(), child.pid))
    return fork_server.pid, [child.pid for child in waiting]


def is_supervisor(process):
    with suppress(psutil.Error):  # other processes can end meanwhile
        return "__main__.py" in " ".join(process.cmdline()) and len(process.children()) > WAITING
    return False


def ready_children(supervisor):
    """How many children are ready: the READY frame of each stays in its pipe until it gets a program."""
    return sum(map(holds_something, Path(f"/proc/{supervisor.pid}/fd").iterdir()))


def holds_something(descriptor):
    """Whether a descriptor in /proc is the read end of a pipe that is not empty."""
    with suppress(FileNotFoundError):  # the supervisor closes descriptors that it passed on
        if str(descriptor.readlink()).startswith("pipe:") and descriptor.lstat().st_mode & stat.S_IRUSR:
            with open(descriptor, "rb", opener=lambda path, _: os.open(path, os.O_RDONLY | os.O_NONBLOCK)) as pipe:
                return splice.bytes_waiting(pipe.fileno()) > 0
    return False


def until(ready):
    deadline = time.monotonic() + 20
    while not ready():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_child_that_dies_while_it_waits_is_replaced(sandbox, supervisor):
    # Wait until they are ready: a child that dies earlier has a fault, and the sandbox dies with it.
    until(lambda: ready_children(supervisor) == WAITING)
    _, waiting = fork_server_and_waiting(supervisor)
    for child in waiting:
        os.kill(child, signal.SIGKILL)
    until(lambda: not {*waiting} & {child.pid for child in supervisor.children()})

    for _ in range(WAITING + 1):
        assert run(sandbox, "def f(): return 1", call())[0][0].value == 1
    assert sandbox.reasons == []


def test_a_child_that_died_during_a_run_gets_no_submission(sandbox, supervisor):
    killed = []

    def kill_the_waiting_child(_):
        if not killed:
            _, (_running, waiting) = fork_server_and_waiting(supervisor)
            os.kill(waiting, signal.SIGKILL)
            killed.append(waiting)

    with sandbox.open(SLOW, limits=PATIENT, on_progress=kill_the_waiting_child) as opened:
        (observation,) = opened.observe([call()])
    assert (observation.value, len(killed)) == (1, 1)

    for _ in range(WAITING + 1):
        assert run(sandbox, "def f(): return 1", call())[0][0].value == 1


def test_an_instance_without_its_fork_server_is_replaced(sandbox, supervisor):
    os.kill(fork_server_and_waiting(supervisor)[0], signal.SIGKILL)
    until(sandbox._instance.is_dead)

    assert run(sandbox, "def f(): return 1", call())[0][0].value == 1
    assert sandbox.reasons == ["died"]


def test_a_submission_survives_the_death_of_the_fork_server(sandbox, supervisor):
    fork_servers = [fork_server_and_waiting(supervisor)[0]]

    def kill_it(_):
        if fork_servers:
            os.kill(fork_servers.pop(), signal.SIGKILL)

    with sandbox.open(SLOW, limits=PATIENT, on_progress=kill_it) as opened:
        (observation,) = opened.observe([call()])

    assert observation.value == 1
    assert fork_servers == []
    sandbox._settling.result()
    assert run(sandbox, "def f(): return 1", call())[0][0].value == 1
