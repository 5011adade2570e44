"""How the supervisor waits for its children. The children are doubles: only the ends of their pipes exist."""

import os

import pytest

from grader.harness.supervisor import supervisor
from grader.harness.supervisor.supervisor import Supervisor, _Child
from grader.harness.wire.frames import FrameKind, frame

READY = frame(FrameKind.READY)


@pytest.fixture
def one_child():
    """A supervisor with one idle child, and the child's ends of its response pipe and its output pipe."""
    (response_fd, child_response), (output_fd, child_output) = os.pipe(), os.pipe()
    waits = object.__new__(Supervisor)
    waits._idle = [_Child(os.getpid(), request_fd=-1, response_fd=response_fd, output_fd=output_fd, wakeup_fd=-1)]
    ends = {"response": child_response, "output": child_output}
    yield waits, ends
    for fd in (response_fd, output_fd, *ends.values()):
        os.close(fd)


def test_a_ready_child_is_not_waited_for(one_child):
    waits, ends = one_child
    os.write(ends["response"], READY)

    waits._await_ready(waits._idle, on_wait=lambda _: pytest.fail("waited"))


def test_waiting_for_a_child_is_reported_in_milliseconds(one_child, monkeypatch):
    monkeypatch.setattr(supervisor, "HEARTBEAT_SECONDS", 0.05)
    waits, ends = one_child
    heartbeats = []

    def on_wait(passed):
        heartbeats.append(passed)
        if len(heartbeats) == 3:
            os.write(ends["response"], READY)

    waited = waits._await_ready(waits._idle, on_wait)

    assert len(heartbeats) == 3
    assert 50 <= heartbeats[0] < heartbeats[1] < heartbeats[2] <= waited


def test_a_child_that_dies_before_ready_ends_the_supervisor(one_child):
    waits, ends = one_child
    os.write(ends["output"], b"RuntimeError: No CUDA GPUs are available\n")
    os.close(ends.pop("response"))

    with pytest.raises(SystemExit, match=r"did not get ready: RuntimeError: No CUDA GPUs are available$"):
        waits._await_ready(waits._idle)


def test_waiting_for_a_child_has_a_limit(one_child, monkeypatch):
    monkeypatch.setattr(supervisor, "HEARTBEAT_SECONDS", 0.01)
    monkeypatch.setattr(supervisor, "READY_SECONDS", 0.05)
    waits, _ = one_child

    with pytest.raises(SystemExit, match="it gave no reason"):
        waits._await_ready(waits._idle)
