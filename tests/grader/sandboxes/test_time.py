"""What a run costs in time, in real sandboxes: nothing that a submission does makes its time pass more slowly."""

import time

import pytest

from grader.protocol.reports import Outcome
from grader.sandboxes.base import Limits
from tests.grader.sandboxes.test_outcomes import call, run

LIMIT = 2.0
LIMITS = Limits(wall_seconds=LIMIT, memory_mb=512)

PIN = "import os, threading, time, signal\nos.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
SPIN = """
def spin(seconds=1000):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass
"""

# Each uses one processor with several processes or threads. Their waiting for each other is the time of the run.
COMPETING = {
    "three children": """
def f():
    for _ in range(3):
        if os.fork() == 0:
            spin()
    spin()
""",
    "many children": """
def f():
    for _ in range(28):
        if os.fork() == 0:
            spin()
    spin()
""",
    "threads": """
def f():
    for _ in range(6):
        threading.Thread(target=spin, daemon=True).start()
    spin()
""",
    "processes that sleep together": """
def bursts():
    while True:
        if time.time() % 0.02 < 0.01:
            spin(0.001)
        else:
            time.sleep(0.02 - time.time() % 0.02)

def f():
    for _ in range(3):
        if os.fork() == 0:
            bursts()
    bursts()
""",
    "processes that take turns": """
def f():
    for turn in range(4):
        if os.fork() == 0:
            while True:
                if int(time.time() / 0.2) % 4 == turn:
                    spin(0.005)
                else:
                    time.sleep(0.005)
    spin()
""",
}

# Processes that end before they can be seen: nothing is known about their use, so nothing is excused.
UNSEEN = {
    "cheap forks": """
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
def f():
    while True:
        try:
            if os.fork() == 0:
                spin(0.005)
                os._exit(0)
        except OSError:
            pass
""",
    "orphans": """
def f():
    while True:
        try:
            child = os.fork()
            if child == 0:
                if os.fork() == 0:
                    spin(0.05)
                os._exit(0)
            os.waitpid(child, 0)
        except OSError:
            pass
""",
    "cheap threads": """
def f():
    while True:
        try:
            for _ in range(4):
                threading.Thread(target=spin, args=(0.01,), daemon=True).start()
        except RuntimeError:
            pass
        spin(0.01)
""",
}

# Each is out of time, whatever else it does.
ENDLESS = {
    "a sleep": "def f():\n    time.sleep(1000)\n",
    "a stopped process with a busy child": """
def f():
    if os.fork() == 0:
        spin()
    os.kill(os.getpid(), signal.SIGSTOP)
""",
    "a child that is waited for": """
def f():
    child = os.fork()
    if child == 0:
        spin()
    os.waitpid(child, 0)
""",
    "a child with threads": """
def f():
    child = os.fork()
    if child == 0:
        for _ in range(8):
            threading.Thread(target=spin).start()
        spin()
    os.waitpid(child, 0)
""",
    "a limit of its own, with a handler": """
import resource
def f():
    signal.signal(signal.SIGXCPU, lambda *_: None)
    resource.setrlimit(resource.RLIMIT_CPU, (1, resource.getrlimit(resource.RLIMIT_CPU)[1]))
    spin()
""",
    "threads of torch": """
import torch
def work():
    x = torch.ones(300, 300)
    while True:
        x = torch.tanh(x @ x)
def f():
    for _ in range(4):
        threading.Thread(target=work).start()
    work()
""",
    "many epochs": """
import torch
def f():
    w = torch.zeros(100, requires_grad=True)
    step = torch.optim.Adam([w])
    for _ in range(10_000_000):
        step.zero_grad()
        ((w - 1) ** 2).sum().backward()
        step.step()
""",
    "a flood of output": "def f():\n    while True:\n        print('x' * 1000)\n",
}


# Each one takes its whole limit on each engine.
FOR_THE_NIGHT = {"many children", "orphans", "cheap threads", "a child that is waited for", "a child with threads"}


def rows(attacks):
    return [pytest.param(name, marks=[pytest.mark.nightly] if name in FOR_THE_NIGHT else []) for name in attacks]


def timed(sandbox, source):
    """Return how a run of this source ended, and the seconds that passed until then."""
    began = time.monotonic()
    _, ending = run(sandbox, source, call(), limits=LIMITS)
    return ending, time.monotonic() - began


@pytest.mark.parametrize("attack", rows(COMPETING))
def test_waiting_for_its_own_processes_is_a_runs_time(sandbox, attack):
    sandbox.warm_up()
    ending, took = timed(sandbox, PIN + SPIN + COMPETING[attack])

    assert ending.outcome is Outcome.TIMED_OUT
    assert ending.evidence["processor_seconds"] <= 1.15 * LIMIT
    assert took <= 3.5 * LIMIT


@pytest.mark.parametrize("attack", rows(UNSEEN))
def test_processes_that_nobody_sees_win_no_time(sandbox, attack):
    sandbox.warm_up()
    ending, took = timed(sandbox, PIN + SPIN + UNSEEN[attack])

    assert ending.outcome is Outcome.TIMED_OUT
    assert took <= 1.5 * LIMIT


@pytest.mark.parametrize("attack", rows(ENDLESS))
def test_a_run_without_an_end_is_timed_out(sandbox, attack):
    sandbox.warm_up()
    ending, took = timed(sandbox, "import os, threading, time, signal\n" + SPIN + ENDLESS[attack])

    assert ending.outcome is Outcome.TIMED_OUT
    assert took <= 3.5 * LIMIT
