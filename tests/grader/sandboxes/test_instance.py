"""An instance either starts well or is an error."""

import time

import pytest

from grader.errors import SandboxError
from grader.harness.wire.frames import FrameKind
from tests.support.fake_engine import FakeSupervisor


@pytest.fixture
def supervisor():
    supervisor = FakeSupervisor()
    yield supervisor
    supervisor.instance.stop()


def test_a_handshake_makes_an_instance_ready(supervisor):
    supervisor.send_handshake(torch="2.13")

    supervisor.instance.await_ready(5)

    assert supervisor.instance.handshake["torch"] == "2.13"
    assert not supervisor.instance.is_dead()


def test_another_harness_version_is_refused_with_what_to_do(supervisor):
    supervisor.send_handshake(harness="older")

    with pytest.raises(SandboxError, match="make image"):
        supervisor.instance.await_ready(5)


def test_a_missing_handshake_is_an_error_with_the_error_output(supervisor):
    with pytest.raises(SandboxError, match=r"not ready after 0\.01 seconds: the error output"):
        supervisor.instance.await_ready(0.01)


def test_another_frame_before_the_handshake_is_an_error(supervisor):
    supervisor.send(FrameKind.OUTPUT, b"handshake")

    with pytest.raises(SandboxError):
        supervisor.instance.await_ready(5)


def test_bytes_that_are_not_frames_are_a_sandbox_error(supervisor):
    supervisor.end.sendall(b"\xff" * 100)

    with pytest.raises(SandboxError, match="not a frame"):
        supervisor.instance.receive(time.monotonic() + 5)


def test_a_death_says_whether_memory_ran_out():
    for reason in (True, False):
        supervisor = FakeSupervisor(out_of_memory=reason)
        supervisor.die()

        with pytest.raises(SandboxError, match="has died: the error output") as caught:
            supervisor.instance.receive(time.monotonic() + 5)

        assert caught.value.out_of_memory is reason
        supervisor.instance.stop()


def test_a_frame_between_submissions_counts_as_a_death(supervisor):
    supervisor.send(FrameKind.OUTPUT, b"unexpected")

    assert supervisor.instance.is_dead()
