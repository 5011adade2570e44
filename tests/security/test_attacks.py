"""Every attack, on every engine: it gains nothing, and whoever comes next is graded as if it had never been."""

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
    FULL_MARKS,
    SOLUTION,
    Hurried,
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


def test_no_two_submissions_are_the_same_user(engine, sandbox):
    seen = [graded(source_of("same_user_again"), sandbox).output for _ in range(5)]

    assert len(set(seen)) == len(seen)


def test_whoever_leaves_before_the_inputs_came_is_not_missed(engine, sandbox):
    program = Program(source="import os\nos._exit(0)\n", entries=("f",))
    large = torch.ones(1_000_000, dtype=torch.float64)

    with sandbox.open(program, limits=Limits(wall_seconds=30.0, memory_mb=512)) as run:
        assert run.observe([Call(entry="f", args=(large,))]) == []

    assert run.ending.outcome is Outcome.UNGRADABLE
    assert graded(SOLUTION, sandbox).points == FULL_MARKS


# What could be done to a keeper and a nursery of one's own user: without root bubblewrap has no other one.
AT_ONES_OWN = [
    "ring_for_ever",
    "stolen_bell",
    "take_back_the_ring",
    "steal_own_bytes",
    "signals_to_the_keeper",
    "children_of_the_keeper",
]


@pytest.fixture(scope="module")
def without_root():
    sandbox = SandboxPool(BubblewrapEngine(load_runtimes()["embedded"], privileged=False), Policy())
    yield sandbox
    sandbox.close()


@pytest.mark.bubblewrap
@pytest.mark.parametrize("attack", AT_ONES_OWN)
def test_sharing_its_user_an_attack_is_never_our_fault(attack, without_root):
    expected = expectation(EXPECTED.get(attack, {}), "bubblewrap")

    report = graded(source_of(attack), Hurried(without_root, expected))

    assert report.points <= expected.points
    assert "the keeper stands still" not in report.output
