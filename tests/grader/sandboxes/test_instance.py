"""Instances: they start well or not at all."""

import time

import pytest

from grader.errors import SandboxError
from grader.harness.wire.frames import FrameKind
from tests.support.pretended_engine import Supervisor


@pytest.fixture
def keeper():
    keeper = Supervisor()
    yield keeper
    keeper.cell.stop()


def test_a_keeper_that_is_ready_is_believed(keeper):
    keeper.say_ready(torch="2.13")

    keeper.cell.await_ready(5)

    assert keeper.cell.handshake["torch"] == "2.13"
    assert not keeper.cell.gone()


def test_a_keeper_of_another_harness_is_refused_with_what_to_do(keeper):
    keeper.say_ready(harness="older")

    with pytest.raises(SandboxError, match="make image"):
        keeper.cell.await_ready(5)


def test_a_keeper_that_is_never_ready_is_given_up_with_its_complaint(keeper):
    with pytest.raises(SandboxError, match=r"not ready after 0\.01 seconds: the complaint"):
        keeper.cell.await_ready(0.01)


def test_a_keeper_that_says_something_else_first_is_refused(keeper):
    keeper.say(FrameKind.OUTPUT, b"handshake")

    with pytest.raises(SandboxError):
        keeper.cell.await_ready(5)


def test_bytes_that_are_not_frames_are_our_trouble_not_the_learners(keeper):
    keeper.end.sendall(b"\xff" * 100)

    with pytest.raises(SandboxError, match="not a frame"):
        keeper.cell.receive(time.monotonic() + 5)


def test_a_keeper_that_dies_says_whether_memory_ran_out():
    for reason in (True, False):
        keeper = Supervisor(out_of_memory=reason)
        keeper.die()

        with pytest.raises(SandboxError, match="has gone: the complaint") as caught:
            keeper.cell.receive(time.monotonic() + 5)

        assert caught.value.out_of_memory is reason
        keeper.cell.stop()


def test_a_keeper_that_speaks_between_submissions_is_as_good_as_gone(keeper):
    keeper.say(FrameKind.OUTPUT, b"psst")

    assert keeper.cell.gone()
