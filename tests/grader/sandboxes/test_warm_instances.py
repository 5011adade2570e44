"""What happens in a warm cell while nobody uses it."""

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
    sandbox.told = told = []
    sandbox._on_replaced = told.append
    run(sandbox, "def f(): return 1", call())
    sandbox._settling.result()
    yield sandbox
    sandbox.close()


@pytest.fixture
def keeper(sandbox):
    """The keeper's process: the one below this cell's bubblewrap that has a nursery and children that wait."""
    top = psutil.Process(int(sandbox._cell.label.split()[-1]))
    found = []
    until(lambda: found.extend(filter(is_keeper, [top, *top.children(recursive=True)])) or found)
    return found[0]


def nursery_and_waiting(keeper):
    """The process ids of its nursery, which came first, and of the children that wait for a submission."""
    nursery, *waiting = sorted(keeper.children(), key=lambda child: (child.create_time(), child.pid))
    return nursery.pid, [child.pid for child in waiting]


def is_keeper(process):
    with suppress(psutil.Error):  # others come and go
        return "__main__.py" in " ".join(process.cmdline()) and len(process.children()) > WAITING
    return False


def ready_children(keeper):
    """How many of a keeper's children are ready: what each said of it lies in its pipe until it is given a program."""
    return sum(map(holds_something, Path(f"/proc/{keeper.pid}/fd").iterdir()))


def holds_something(descriptor):
    """Whether a descriptor in /proc is a pipe's end for reading, and there is something to read."""
    with suppress(FileNotFoundError):  # a keeper closes what it passed on
        if str(descriptor.readlink()).startswith("pipe:") and descriptor.lstat().st_mode & stat.S_IRUSR:
            with open(descriptor, "rb", opener=lambda path, _: os.open(path, os.O_RDONLY | os.O_NONBLOCK)) as pipe:
                return splice.waiting(pipe.fileno()) > 0
    return False


def until(ready):
    deadline = time.monotonic() + 20
    while not ready():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_child_that_dies_while_it_waits_is_replaced(sandbox, keeper):
    # Before it is ready a child that dies has a fault of its own, which the next one would have, too.
    until(lambda: ready_children(keeper) == WAITING)
    _, waiting = nursery_and_waiting(keeper)
    for child in waiting:
        os.kill(child, signal.SIGKILL)
    until(lambda: not {*waiting} & {child.pid for child in keeper.children()})

    for _ in range(WAITING + 1):
        assert run(sandbox, "def f(): return 1", call())[0][0].value == 1
    assert sandbox.told == []


def test_a_child_that_dies_while_another_runs_is_not_given_a_submission(sandbox, keeper):
    killed = []

    def kill_the_one_that_waits(_):
        if not killed:
            _, (_running, waiting) = nursery_and_waiting(keeper)
            os.kill(waiting, signal.SIGKILL)
            killed.append(waiting)

    with sandbox.open(SLOW, limits=PATIENT, on_progress=kill_the_one_that_waits) as opened:
        (observation,) = opened.observe([call()])
    assert (observation.value, len(killed)) == (1, 1)

    for _ in range(WAITING + 1):
        assert run(sandbox, "def f(): return 1", call())[0][0].value == 1


def test_a_nursery_that_dies_takes_the_cell_along_and_nobody_notices(sandbox, keeper):
    os.kill(nursery_and_waiting(keeper)[0], signal.SIGKILL)
    until(sandbox._cell.gone)

    assert run(sandbox, "def f(): return 1", call())[0][0].value == 1
    assert sandbox.told == ["died"]


def test_a_nursery_that_dies_under_a_submission_does_it_no_harm(sandbox, keeper):
    nurseries = [nursery_and_waiting(keeper)[0]]

    def kill_it(_):
        if nurseries:
            os.kill(nurseries.pop(), signal.SIGKILL)

    with sandbox.open(SLOW, limits=PATIENT, on_progress=kill_it) as opened:
        (observation,) = opened.observe([call()])

    assert observation.value == 1
    assert nurseries == []
    sandbox._settling.result()
    assert run(sandbox, "def f(): return 1", call())[0][0].value == 1
