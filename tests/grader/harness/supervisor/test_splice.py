"""Splicing: bytes from pipe to pipe, counted and capped."""

import fcntl
import os
from contextlib import suppress

import pytest

from grader.harness.supervisor import splice
from grader.harness.supervisor.splice import MAX_PIPE, InputForwarder, OutputForwarder, bytes_waiting
from grader.harness.wire.frames import FrameKind, FrameReader


class Pipe:
    def __init__(self):
        self.source, self.sink = os.pipe()

    def close(self):
        for fd in (self.source, self.sink):
            with suppress(OSError):
                os.close(fd)


@pytest.fixture
def pipes():
    made = [Pipe() for _ in range(2)]
    yield *made, splice.Discard()
    for pipe in made:
        pipe.close()


def frames_in(pipe):
    data = os.read(pipe.source, 65536) if bytes_waiting(pipe.source) else b""
    return list(FrameReader({FrameKind.OUTPUT: 65536}).feed(data))


def test_output_becomes_frames_up_to_the_cap(pipes):
    child, grader, discard = pipes
    output = OutputForwarder(child.source, grader.sink, discard, kind=FrameKind.OUTPUT, cap=10)

    os.write(child.sink, b"hello")
    output.forward()
    os.write(child.sink, b" world and everybody")
    output.drain()

    assert frames_in(grader) == [(FrameKind.OUTPUT, b"hello"), (FrameKind.OUTPUT, b" worl")]
    assert output.dropped == len(b"d and everybody")


def test_forwarding_returns_false_when_the_writer_has_closed(pipes):
    child, grader, discard = pipes
    output = OutputForwarder(child.source, grader.sink, discard, kind=FrameKind.OUTPUT, cap=10)
    os.write(child.sink, b"last")
    os.close(child.sink)

    assert output.forward() is True
    assert output.forward() is False


@pytest.mark.parametrize("alive", [True, False])
def test_bytes_that_the_child_takes_back_are_replaced_by_zeros(pipes, monkeypatch, alive):
    child, grader, discard = pipes
    counts = iter([9])
    real = splice.bytes_waiting
    monkeypatch.setattr(splice, "bytes_waiting", lambda fd: next(counts, None) or real(fd))
    output = OutputForwarder(child.source, grader.sink, discard, kind=FrameKind.OUTPUT, cap=100)
    os.write(child.sink, b"six...")
    if not alive:
        os.close(child.sink)

    output.forward()

    assert frames_in(grader) == [(FrameKind.OUTPUT, b"six...\0\0\0")]


def test_draining_ends_even_if_the_child_keeps_writing(pipes, monkeypatch):
    child, _, discard = pipes
    output = OutputForwarder(child.source, discard.null, discard, kind=FrameKind.OUTPUT, cap=0)
    moved = splice._move

    def move_and_write_on(source, sink, count):
        os.write(child.sink, b"more")
        return moved(source, sink, count)

    monkeypatch.setattr(splice, "_move", move_and_write_on)
    os.write(child.sink, b"first")

    output.drain()

    assert 0 < output.dropped < MAX_PIPE


def test_output_waits_for_a_slow_grader_and_loses_nothing(pipes, monkeypatch):
    child, grader, discard = pipes
    fcntl.fcntl(grader.sink, fcntl.F_SETPIPE_SZ, 16 * 4096)
    taken, real = [], splice._await_room

    def read_and_await(sink):
        taken.append(os.read(grader.source, 16 * 4096))
        real(sink)

    monkeypatch.setattr(splice, "_await_room", read_and_await)
    for _ in range(15):  # the header takes the last page that a pipe has
        os.write(grader.sink, bytes(4096))
    os.write(child.sink, b"patience")

    OutputForwarder(child.source, grader.sink, discard, kind=FrameKind.OUTPUT, cap=100).forward()

    (before,) = taken
    data = before[15 * 4096 :] + os.read(grader.source, 100)
    assert list(FrameReader({FrameKind.OUTPUT: 100}).feed(data)) == [(FrameKind.OUTPUT, b"patience")]


def test_the_child_gets_exactly_its_frame(pipes):
    grader, child, discard = pipes
    forwarder = InputForwarder(grader.source, child.sink, discard)
    os.write(grader.sink, b"a program, and what is not for this child")

    forwarder.remaining = len(b"a program")
    forwarder.forward()

    assert os.read(child.source, 100) == b"a program"
    assert forwarder.remaining == 0
    assert os.read(grader.source, 100) == b", and what is not for this child"


def test_input_for_a_dead_child_is_dropped(pipes):
    grader, child, discard = pipes
    forwarder = InputForwarder(grader.source, child.sink, discard)
    os.close(child.source)
    os.write(grader.sink, b"too late|next")

    forwarder.remaining = len(b"too late|")
    forwarder.forward()
    assert forwarder.sink is None
    forwarder.forward()
    assert forwarder.remaining == 0
    forwarder.finish()

    assert os.read(grader.source, 100) == b"next"


def test_input_waits_for_a_child_that_does_not_read(pipes):
    grader, child, discard = pipes
    forwarder = InputForwarder(grader.source, child.sink, discard)
    os.set_blocking(child.sink, False)
    filled = os.write(child.sink, bytes(1 << 20))
    os.write(grader.sink, b"later")

    forwarder.remaining = 5
    forwarder.forward()

    assert (forwarder.remaining, forwarder.sink) == (5, child.sink)
    os.read(child.source, filled)
    forwarder.forward()
    assert (forwarder.remaining, forwarder.sink) == (0, None)


def test_an_input_that_is_no_pipe_raises_os_error(pipes, tmp_path):
    _, child, discard = pipes
    with (tmp_path / "no pipe").open("wb") as file:
        forwarder = InputForwarder(file.fileno(), child.sink, discard)
        forwarder.remaining = 5

        with pytest.raises(OSError, match=r"Bad file descriptor|Invalid argument"):
            forwarder.forward()


def test_exactly_the_requested_bytes_are_dropped(pipes):
    grader, _, discard = pipes
    os.write(grader.sink, b"unwanted" + b"wanted")

    discard.drop_exactly(grader.source, len(b"unwanted"))

    assert os.read(grader.source, 100) == b"wanted"


def test_more_bytes_than_one_splice_moves_are_dropped(pipes):
    grader, _, discard = pipes
    fcntl.fcntl(grader.sink, fcntl.F_SETPIPE_SZ, MAX_PIPE)
    os.write(grader.sink, bytes(MAX_PIPE - 4) + b"next")

    discard.drop_exactly(grader.source, MAX_PIPE - 4)

    assert os.read(grader.source, 100) == b"next"


def test_dropping_raises_eof_error_when_the_grader_has_closed(pipes):
    grader, _, discard = pipes
    os.write(grader.sink, b"half")
    os.close(grader.sink)

    with pytest.raises(EOFError):
        discard.drop_exactly(grader.source, len(b"half of it"))


@pytest.mark.parametrize("child_reads", [True, False])
def test_forwarding_raises_eof_error_when_the_grader_has_closed(pipes, child_reads):
    grader, child, discard = pipes
    forwarder = InputForwarder(grader.source, child.sink, discard)
    if not child_reads:
        forwarder.close()
    os.close(grader.sink)
    forwarder.remaining = 100

    with pytest.raises(EOFError):
        forwarder.forward()
