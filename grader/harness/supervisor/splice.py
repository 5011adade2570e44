"""Moves bytes between the grader and a child without ever holding them.

Where there is no nursery, later children are forks of the keeper: what it has held in memory, they could find. So the
kernel moves a learner's bytes from pipe to pipe (splice), and the keeper only counts them.
"""

import fcntl
import os
import select
import struct
import termios

from grader.harness.wire.frames import CHUNK, HEADER, FrameKind

_INT = struct.Struct("i")

MAX_PIPE = 1024 * 1024  # the most that a pipe may be made to hold without privileges


def waiting(fd: int) -> int:
    """Return how many bytes wait in a pipe."""
    return int(_INT.unpack(fcntl.ioctl(fd, termios.FIONREAD, bytes(_INT.size)))[0])


class Discard:
    """Where bytes go that nobody wants, unread."""

    def __init__(self) -> None:
        self.null = os.open("/dev/null", os.O_WRONLY | os.O_CLOEXEC)
        self._source, self._sink = os.pipe2(os.O_CLOEXEC)

    def take(self, source: int, count: int) -> int:
        """Throw away up to `count` bytes of the grader's pipe, and return how many; 0 where it has gone."""
        # By way of a pipe: to gVisor the grader's end is a file of the host's, which it splices to nothing but pipes.
        left = moved = os.splice(source, self._sink, min(count, CHUNK))
        while left:
            left -= os.splice(self._source, self.null, left)
        return moved


class OutputForwarder:
    """Turns what comes out of a child's pipe into frames of one kind, up to a cap; the rest is thrown away."""

    def __init__(self, source: int, sink: int, void: Discard, *, kind: FrameKind, cap: int) -> None:
        self.source = source
        self.dropped = 0
        self._sink, self._void = sink, void
        self._kind = kind
        self._room = cap

    def pass_on(self, most: int = CHUNK) -> bool:
        """Move what waits now, up to `most` bytes; False where there is nothing, as once nobody is left to write."""
        count = min(waiting(self.source), CHUNK, most)
        if count == 0:
            return False
        passed = min(count, self._room)
        if passed:
            write(self._sink, HEADER.pack(self._kind, passed))
            moved = _move(self.source, self._sink, passed)
            write(self._sink, bytes(passed - moved))  # who took bytes back shall not bring the frames out of step
            self._room -= passed
        if count > passed:
            self.dropped += _move(self.source, self._void.null, count - passed)
        return True

    def drain(self) -> None:
        """Move what a pipe can hold, and no more: whoever goes on writing is not waited for."""
        for _ in range(MAX_PIPE // CHUNK):
            if not self.pass_on():
                return


class InputForwarder:
    """Hands the body of a DATA frame to the child as fast as it reads; what a dead child does not want is dropped."""

    def __init__(self, source: int, sink: int, void: Discard) -> None:
        self.left = 0
        self._source, self._sink, self._void = source, sink, void
        self._open = True
        os.set_blocking(sink, False)

    @property
    def sink(self) -> int | None:
        """The child's pipe, while there is something to be written to it."""
        return self._sink if self._open and self.left else None

    def pass_on(self) -> None:
        """Move as much of the current frame as there is, and as the child takes; EOFError where the grader has gone."""
        try:
            moved = self._splice() if self._open else self._void.take(self._source, self.left)
        except BlockingIOError:
            return
        except BrokenPipeError:
            self.close()
            return
        if not moved:
            raise EOFError
        self.left -= moved

    def _splice(self) -> int:
        return os.splice(self._source, self._sink, self.left, flags=os.SPLICE_F_NONBLOCK)

    def close(self) -> None:
        """Tell the child that nothing more comes."""
        if self._open:
            self._open = False
            os.close(self._sink)

    def finish(self) -> None:
        """Take in the rest of the current frame, which nobody wants any more."""
        self.close()
        discard(self._source, self._void, self.left)
        self.left = 0


def discard(source: int, void: Discard, count: int) -> None:
    """Throw away the next bytes of the grader's pipe, unread; EOFError where it has gone."""
    while count:
        moved = void.take(source, count)
        if not moved:
            raise EOFError
        count -= moved


def read_exactly(fd: int, size: int) -> bytes:
    """Return the next `size` bytes of a pipe, in a keeper never a learner's; EOFError where nobody writes any more."""
    parts = bytearray()
    while len(parts) < size:
        part = os.read(fd, size - len(parts))
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)


def send(fd: int, kind: FrameKind, body: bytes) -> None:
    """Write one frame of the keeper's own."""
    write(fd, HEADER.pack(kind, len(body)) + body)


def write(fd: int, data: bytes) -> None:
    """Write all of it."""
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def _move(source: int, sink: int, count: int) -> int:
    """Move bytes that wait in a child's pipe, and return how many: fewer where somebody has taken them back."""
    left = count
    while left:
        try:
            left -= os.splice(source, sink, left, flags=os.SPLICE_F_NONBLOCK)
        except BlockingIOError:
            _await_room(sink)
        if left and not waiting(source):
            break
    return count - left


def _await_room(sink: int) -> None:
    poll = select.poll()
    poll.register(sink, select.POLLOUT)
    poll.poll()
