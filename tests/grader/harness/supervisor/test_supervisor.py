"""How a keeper waits for its children: with pretended ones, which are the ends of pipes."""

import os

import pytest

from grader.harness.supervisor import supervisor
from grader.harness.supervisor.supervisor import Supervisor, _Child
from grader.harness.wire.frames import FrameKind, frame

AWAKE = frame(FrameKind.READY)


@pytest.fixture
def pretended():
    """A keeper of one child, and the child's ends: where it speaks, and where it prints."""
    (from_child, said), (print_out, text) = os.pipe(), os.pipe()
    waits = object.__new__(Supervisor)
    waits._waiting = [_Child(os.getpid(), told=-1, said=from_child, text=print_out, bell=-1)]
    ends = {"said": said, "text": text}
    yield waits, ends
    for fd in (from_child, print_out, *ends.values()):
        os.close(fd)


def test_a_child_that_is_awake_is_not_waited_for(pretended):
    waits, ends = pretended
    os.write(ends["said"], AWAKE)

    waits._await_awake(beat=lambda _: pytest.fail("waited"))


def test_while_a_child_wakes_up_the_grader_is_told_that_the_time_is_not_the_runs(pretended, monkeypatch):
    monkeypatch.setattr(supervisor, "BEAT_SECONDS", 0.05)
    waits, ends = pretended
    beats = []

    def beat(passed):
        beats.append(passed)
        if len(beats) == 3:
            os.write(ends["said"], AWAKE)

    waited = waits._await_awake(beat)

    assert len(beats) == 3
    assert 50 <= beats[0] < beats[1] < beats[2] <= waited


def test_a_child_that_dies_before_it_is_awake_takes_the_sandbox_along_and_says_why(pretended):
    waits, ends = pretended
    os.write(ends["text"], b"RuntimeError: No CUDA GPUs are available\n")
    os.close(ends.pop("said"))

    with pytest.raises(SystemExit, match=r"did not get ready: RuntimeError: No CUDA GPUs are available$"):
        waits._await_awake()


def test_a_child_that_never_wakes_up_is_not_waited_for_for_ever(pretended, monkeypatch):
    monkeypatch.setattr(supervisor, "BEAT_SECONDS", 0.01)
    monkeypatch.setattr(supervisor, "WAKE_SECONDS", 0.05)
    waits, _ = pretended

    with pytest.raises(SystemExit, match="it did not say why"):
        waits._await_awake()
