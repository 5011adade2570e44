"""Moves bytes between the grader and a child without ever holding them.

Later children are forks of the keeper: what it has held in memory, they could find. So the kernel moves a learner's
bytes from pipe to pipe (splice), and the keeper only counts them.
"""

import errno
import fcntl
import os
import struct
import termios

from grader.harness.frames import CHUNK, HEADER, Kind

_INT = struct.Struct("i")


def waiting(fd: int) -> int:
    """Return how many bytes wait in a pipe."""
    return int(_INT.unpack(fcntl.ioctl(fd, termios.FIONREAD, bytes(_INT.size)))[0])


class Outlet:
    """Turns what comes out of a child's pipe into frames of one kind, up to a cap; the rest is thrown away."""

    def __init__(self, source: int, sink: int, void: int, *, kind: Kind, cap: int) -> None:
        self.source = source
        self.dropped = 0
        self._sink, self._void = sink, void
        self._kind = kind
        self._room = cap

    def pass_on(self) -> bool:
        """Move what waits now; False once there is nothing and nobody left to write more."""
        count = min(waiting(self.source), CHUNK)
        if count == 0:
            return False
        passed = min(count, self._room)
        if passed:
            _write(self._sink, HEADER.pack(self._kind, passed))
            _splice(self.source, self._sink, passed)
            self._room -= passed
        if count > passed:
            self.dropped += _splice(self.source, self._void, count - passed)
        return True

    def drain(self) -> None:
        """Move all that waits, without waiting for more."""
        while waiting(self.source):
            self.pass_on()


class Inlet:
    """Hands the body of a DATA frame to the child as fast as it reads; what a dead child does not want is dropped."""

    def __init__(self, source: int, sink: int, void: int) -> None:
        self.left = 0
        self._source, self._sink, self._void = source, sink, void
        self._open = True
        os.set_blocking(sink, False)

    @property
    def sink(self) -> int | None:
        """The child's pipe, while there is something to be written to it."""
        return self._sink if self._open and self.left else None

    def pass_on(self) -> None:
        """Move as much of the current frame as there is, and as the child takes."""
        if not self._open:
            self.left -= os.splice(self._source, self._void, self.left)
            return
        try:
            self.left -= os.splice(self._source, self._sink, self.left, flags=os.SPLICE_F_NONBLOCK)
        except BlockingIOError:
            return
        except OSError as error:
            if error.errno != errno.EPIPE:
                raise
            self.close()

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


def discard(source: int, void: int, count: int) -> None:
    """Throw away the next bytes of a pipe, unread."""
    _splice(source, void, count)


def read_exactly(fd: int, size: int) -> bytes:
    """Return `size` bytes that the grader wrote about itself, never a learner's; EOFError where it has gone."""
    parts = b""
    while len(parts) < size:
        part = os.read(fd, size - len(parts))
        if not part:
            raise EOFError
        parts += part
    return parts


def send(fd: int, kind: Kind, body: bytes) -> None:
    """Write one frame of the keeper's own."""
    _write(fd, HEADER.pack(kind, len(body)) + body)


def _write(fd: int, data: bytes) -> None:
    while data:
        data = data[os.write(fd, data) :]


def _splice(source: int, sink: int, count: int) -> int:
    left = count
    while left:
        left -= os.splice(source, sink, left)
    return count
