"""What happens in a warm cell while nobody uses it."""

import time

import psutil
import pytest

from grader.sandboxes.base import Limits, Program
from grader.sandboxes.bubblewrap import BubblewrapEngine
from grader.sandboxes.runtimes import load_runtimes
from grader.sandboxes.warm import Policy, WarmSandbox
from tests.grader.sandboxes.test_outcomes import call, run

pytestmark = pytest.mark.bubblewrap

WAITING = 2
PATIENT = Limits(wall_seconds=20)


@pytest.fixture
def sandbox():
    sandbox = WarmSandbox(BubblewrapEngine(load_runtimes()["embedded"]), Policy())
    sandbox.warm_up()
    sandbox.told = told = []
    sandbox._on_replaced = told.append
    run(sandbox, "def f(): return 1", call())
    sandbox._settling.result()
    yield sandbox
    sandbox.close()


def nursery_and_waiting():
    """The nursery of the one keeper below this process, and the children that wait for a submission."""
    below = psutil.Process().children(recursive=True)
    keeper = next(one for one in below if "__main__.py" in " ".join(one.cmdline()) and len(one.children()) > WAITING)
    nursery, *waiting = sorted(keeper.children(), key=lambda one: (one.create_time(), one.pid))
    return nursery, waiting


def until(ready):
    deadline = time.monotonic() + 20
    while not ready():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_child_that_dies_while_it_waits_is_replaced(sandbox):
    _, waiting = nursery_and_waiting()
    for child in waiting:
        child.kill()
    until(lambda: not {one.pid for one in waiting} & {one.pid for one in nursery_and_waiting()[1]})

    for _ in range(WAITING + 1):
        assert run(sandbox, "def f(): return 1", call())[0][0].value == 1
    assert sandbox.told == []


def test_a_nursery_that_dies_takes_the_cell_along_and_nobody_notices(sandbox):
    nursery, _ = nursery_and_waiting()
    nursery.kill()
    until(sandbox._cell.gone)

    assert run(sandbox, "def f(): return 1", call())[0][0].value == 1
    assert sandbox.told == ["died"]


def test_a_nursery_that_dies_under_a_submission_does_it_no_harm(sandbox):
    nursery, _ = nursery_and_waiting()
    slow = "import time\ndef f():\n    time.sleep(0.5)\n    return 1\n"

    def kill_it(_):
        if nursery.is_running():
            nursery.kill()

    with sandbox.open(Program(source=slow, entries=("f",)), limits=PATIENT, on_progress=kill_it) as opened:
        (observation,) = opened.observe([call()])

    assert observation.value == 1
    sandbox._settling.result()
    assert run(sandbox, "def f(): return 1", call())[0][0].value == 1
