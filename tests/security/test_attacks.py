"""Every attack, on every engine: it gains nothing, and the next submission is graded as if it had never run."""

import pytest
import torch

from grader.protocol.reports import Outcome
from grader.sandboxes.base import Call, Limits, Program
from grader.sandboxes.bubblewrap import BubblewrapEngine
from grader.sandboxes.pool import Policy, SandboxPool
from grader.sandboxes.runtimes import load_runtimes
from tests.support.arena import (
    ATTACKS,
    EXPECTED,
    FULL_POINTS,
    SOLUTION,
    LimitedSandbox,
    expectation,
    graded,
    source_of,
    withstand,
)

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_gains_nothing_and_harms_nobody(attack, engine, sandbox):
    withstand(source_of(attack), expectation(EXPECTED.get(attack, {}), engine), sandbox)


def test_every_row_of_the_table_is_an_attack():
    assert EXPECTED.keys() <= set(ATTACKS)


def test_no_two_submissions_have_the_same_user(engine, sandbox):
    seen = [graded(source_of("same_user_again"), sandbox).output for _ in range(5)]

    assert len(set(seen)) == len(seen)


def test_an_exit_before_the_inputs_is_no_error(engine, sandbox):
    program = Program(source="import os\nos._exit(0)\n", entries=("f",))
    large = torch.ones(1_000_000, dtype=torch.float64)

    with sandbox.open(program, limits=Limits(wall_seconds=30.0, memory_mb=512)) as run:
        assert run.observe([Call(entry="f", args=(large,))]) == []

    assert run.ending.outcome is Outcome.UNGRADABLE
    assert graded(SOLUTION, sandbox).points == FULL_POINTS


# Attacks on a supervisor and a fork server with the same user: without root, bubblewrap has only one user.
SAME_USER = [
    "endless_wakeups",
    "replace_the_wakeup_fd",
    "drain_the_wakeup_pipe",
    "steal_own_bytes",
    "signals_to_the_supervisor",
    "children_of_the_supervisor",
]


@pytest.fixture(scope="module")
def without_root():
    sandbox = SandboxPool(BubblewrapEngine(load_runtimes()["embedded"], privileged=False), Policy())
    yield sandbox
    sandbox.close()


@pytest.mark.bubblewrap
@pytest.mark.parametrize("attack", SAME_USER)
def test_an_attack_with_the_supervisors_user_is_never_our_fault(attack, without_root):
    expected = expectation(EXPECTED.get(attack, {}), "bubblewrap")

    report = graded(source_of(attack), LimitedSandbox(without_root, expected))

    assert report.points <= expected.points
    assert "the supervisor is blocked" not in report.output
