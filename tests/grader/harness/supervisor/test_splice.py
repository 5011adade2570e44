"""The relay: bytes from pipe to pipe, counted and capped."""

import fcntl
import os
import threading
from contextlib import suppress

import pytest

from grader.harness.supervisor import splice
from grader.harness.supervisor.splice import (
    MAX_PIPE,
    InputForwarder,
    OutputForwarder,
    discard,
    read_exactly,
    send,
    waiting,
)
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
    data = os.read(pipe.source, 65536) if waiting(pipe.source) else b""
    return list(FrameReader({FrameKind.OUTPUT: 65536}).feed(data))


def test_output_becomes_frames_up_to_the_cap(pipes):
    child, grader, void = pipes
    outlet = OutputForwarder(child.source, grader.sink, void, kind=FrameKind.OUTPUT, cap=10)

    os.write(child.sink, b"handshake")
    outlet.pass_on()
    os.write(child.sink, b" world and everybody")
    outlet.drain()

    assert frames_in(grader) == [(FrameKind.OUTPUT, b"handshake"), (FrameKind.OUTPUT, b" worl")]
    assert outlet.dropped == len(b"d and everybody")


def test_an_outlet_says_when_nobody_is_left_to_write(pipes):
    child, grader, void = pipes
    outlet = OutputForwarder(child.source, grader.sink, void, kind=FrameKind.OUTPUT, cap=10)
    os.write(child.sink, b"last")
    os.close(child.sink)

    assert outlet.pass_on() is True
    assert outlet.pass_on() is False


@pytest.mark.parametrize("alive", [True, False])
def test_bytes_that_were_taken_back_do_not_bring_the_frames_out_of_step(pipes, monkeypatch, alive):
    child, grader, void = pipes
    counts = iter([9])
    real = splice.waiting
    monkeypatch.setattr(splice, "waiting", lambda fd: next(counts, None) or real(fd))
    outlet = OutputForwarder(child.source, grader.sink, void, kind=FrameKind.OUTPUT, cap=100)
    os.write(child.sink, b"six...")
    if not alive:
        os.close(child.sink)

    outlet.pass_on()

    assert frames_in(grader) == [(FrameKind.OUTPUT, b"six...\0\0\0")]


def test_whoever_goes_on_writing_is_not_waited_for(pipes, monkeypatch):
    child, _, void = pipes
    outlet = OutputForwarder(child.source, void.null, void, kind=FrameKind.OUTPUT, cap=0)
    moved = splice._move

    def move_and_write_on(source, sink, count):
        os.write(child.sink, b"more")
        return moved(source, sink, count)

    monkeypatch.setattr(splice, "_move", move_and_write_on)
    os.write(child.sink, b"first")

    outlet.drain()

    assert 0 < outlet.dropped < MAX_PIPE


def test_output_waits_for_a_grader_that_does_not_read_and_loses_nothing(pipes, monkeypatch):
    child, grader, void = pipes
    fcntl.fcntl(grader.sink, fcntl.F_SETPIPE_SZ, 16 * 4096)
    taken, real = [], splice._await_room

    def read_and_await(sink):
        taken.append(os.read(grader.source, 16 * 4096))
        real(sink)

    monkeypatch.setattr(splice, "_await_room", read_and_await)
    for _ in range(15):  # the header takes the last page that a pipe has
        os.write(grader.sink, bytes(4096))
    os.write(child.sink, b"patience")

    OutputForwarder(child.source, grader.sink, void, kind=FrameKind.OUTPUT, cap=100).pass_on()

    (before,) = taken
    data = before[15 * 4096 :] + os.read(grader.source, 100)
    assert list(FrameReader({FrameKind.OUTPUT: 100}).feed(data)) == [(FrameKind.OUTPUT, b"patience")]


def test_input_reaches_the_child_byte_by_byte(pipes):
    grader, child, void = pipes
    inlet = InputForwarder(grader.source, child.sink, void)
    os.write(grader.sink, b"a program, and what is not for this child")

    inlet.left = len(b"a program")
    inlet.pass_on()

    assert os.read(child.source, 100) == b"a program"
    assert inlet.left == 0
    assert os.read(grader.source, 100) == b", and what is not for this child"


def test_input_for_a_child_that_has_gone_is_dropped(pipes):
    grader, child, void = pipes
    inlet = InputForwarder(grader.source, child.sink, void)
    os.close(child.source)
    os.write(grader.sink, b"too late|next")

    inlet.left = len(b"too late|")
    inlet.pass_on()
    assert inlet.sink is None
    inlet.pass_on()
    assert inlet.left == 0
    inlet.finish()

    assert os.read(grader.source, 100) == b"next"


def test_input_waits_for_a_child_that_does_not_read(pipes):
    grader, child, void = pipes
    inlet = InputForwarder(grader.source, child.sink, void)
    os.set_blocking(child.sink, False)
    filled = os.write(child.sink, bytes(1 << 20))
    os.write(grader.sink, b"later")

    inlet.left = 5
    inlet.pass_on()

    assert (inlet.left, inlet.sink) == (5, child.sink)
    os.read(child.source, filled)
    inlet.pass_on()
    assert (inlet.left, inlet.sink) == (0, None)


def test_what_cannot_be_handed_on_is_our_trouble_and_not_the_childs_end(pipes, tmp_path):
    _, child, void = pipes
    with (tmp_path / "no pipe").open("wb") as file:
        inlet = InputForwarder(file.fileno(), child.sink, void)
        inlet.left = 5

        with pytest.raises(OSError, match=r"Bad file descriptor|Invalid argument"):
            inlet.pass_on()


def test_what_nobody_wants_is_discarded_to_the_byte(pipes):
    grader, _, void = pipes
    os.write(grader.sink, b"unwanted" + b"wanted")

    discard(grader.source, void, len(b"unwanted"))

    assert os.read(grader.source, 100) == b"wanted"


def test_more_than_a_pipe_holds_is_discarded_too(pipes):
    grader, _, void = pipes
    fcntl.fcntl(grader.sink, fcntl.F_SETPIPE_SZ, MAX_PIPE)
    os.write(grader.sink, bytes(MAX_PIPE - 4) + b"next")

    discard(grader.source, void, MAX_PIPE - 4)

    assert os.read(grader.source, 100) == b"next"


def test_a_grader_that_has_gone_is_noticed_while_its_bytes_are_discarded(pipes):
    grader, _, void = pipes
    os.write(grader.sink, b"half")
    os.close(grader.sink)

    with pytest.raises(EOFError):
        discard(grader.source, void, len(b"half of it"))


def test_the_keepers_own_words_arrive_as_one_frame_and_are_read_however_they_are_cut(pipes):
    child, grader, _ = pipes
    send(grader.sink, FrameKind.HANDSHAKE, b"{}")
    assert list(FrameReader({FrameKind.HANDSHAKE: 10}).feed(os.read(grader.source, 100))) == [
        (FrameKind.HANDSHAKE, b"{}")
    ]

    os.write(child.sink, b"one")
    writer = threading.Timer(0.01, os.write, (child.sink, b"two"))
    writer.start()
    assert read_exactly(child.source, 6) == b"onetwo"
    writer.join()

    os.close(child.sink)
    with pytest.raises(EOFError):
        read_exactly(child.source, 1)


@pytest.mark.parametrize("child_reads", [True, False])
def test_input_that_will_never_come_is_not_waited_for(pipes, child_reads):
    grader, child, void = pipes
    inlet = InputForwarder(grader.source, child.sink, void)
    if not child_reads:
        inlet.close()
    os.close(grader.sink)
    inlet.left = 100

    with pytest.raises(EOFError):
        inlet.pass_on()
