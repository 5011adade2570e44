"""Moves bytes between the grader and a child without ever reading them into this process.

If the kernel has no fork server, later children are forks of the supervisor and could find in its memory whatever it
has read. So the kernel moves a learner's bytes from pipe to pipe (splice), and the supervisor only counts them.
"""

import fcntl
import os
import select
import struct
import termios

from grader.harness.wire.frames import CHUNK, HEADER, FrameKind
from grader.harness.wire.pipes import write_all

_INT = struct.Struct("i")

MAX_PIPE = 1024 * 1024  # the largest buffer that a pipe can get without privileges


def bytes_waiting(fd: int) -> int:
    """Return how many bytes are in a pipe, ready to be read."""
    return int(_INT.unpack(fcntl.ioctl(fd, termios.FIONREAD, bytes(_INT.size)))[0])


class Discard:
    """Throws bytes away, unread."""

    def __init__(self) -> None:
        self.null = os.open("/dev/null", os.O_WRONLY | os.O_CLOEXEC)
        self._source, self._sink = os.pipe2(os.O_CLOEXEC)

    def drop(self, source: int, count: int) -> int:
        """Throw away up to `count` bytes of the grader's pipe and return how many; 0 if the grader has closed it."""
        # Through a pipe: to gVisor the grader's end is a file of the host, which it can splice to nothing but a pipe.
        left = moved = os.splice(source, self._sink, min(count, CHUNK))
        while left:
            left -= os.splice(self._source, self.null, left)
        return moved

    def drop_exactly(self, source: int, count: int) -> None:
        """Throw away the next `count` bytes of the grader's pipe. Raises EOFError if the grader has closed it."""
        while count:
            moved = self.drop(source, count)
            if not moved:
                raise EOFError
            count -= moved


class OutputForwarder:
    """Turns the bytes of a child's pipe into frames of one kind, up to a cap; the rest is thrown away."""

    def __init__(self, source: int, sink: int, discard: Discard, *, kind: FrameKind, cap: int) -> None:
        self.source = source
        self.dropped = 0
        self._sink, self._discard = sink, discard
        self._kind = kind
        self._remaining_cap = cap

    def forward(self, most: int = CHUNK) -> bool:
        """Move the bytes that are ready, up to `most`; False if there are none, as when every writer has closed it."""
        count = min(bytes_waiting(self.source), CHUNK, most)
        if count == 0:
            return False
        passed = min(count, self._remaining_cap)
        if passed:
            write_all(self._sink, HEADER.pack(self._kind, passed))
            moved = _move(self.source, self._sink, passed)
            # The child can read its own pipe empty. Then zeros fill the frame, so that the next header is in place.
            write_all(self._sink, bytes(passed - moved))
            self._remaining_cap -= passed
        if count > passed:
            self.dropped += _move(self.source, self._discard.null, count - passed)
        return True

    def drain(self) -> None:
        """Move at most what a full pipe holds, so that a process that keeps writing cannot hold us up."""
        for _ in range(MAX_PIPE // CHUNK):
            if not self.forward():
                return


class InputForwarder:
    """Moves the body of a DATA frame to the child as fast as it reads. If the child has ended, the body is dropped."""

    def __init__(self, source: int, sink: int, discard: Discard) -> None:
        self.remaining = 0
        self._source, self._sink, self._discard = source, sink, discard
        self._open = True
        os.set_blocking(sink, False)

    @property
    def sink(self) -> int | None:
        """The child's pipe, as long as there is something to write to it."""
        return self._sink if self._open and self.remaining else None

    def forward(self) -> None:
        """Move what is ready of the current frame and fits the pipe. Raises EOFError if the grader has closed it."""
        try:
            moved = self._splice() if self._open else self._discard.drop(self._source, self.remaining)
        except BlockingIOError:
            return
        except BrokenPipeError:
            self.close()
            return
        if not moved:
            raise EOFError
        self.remaining -= moved

    def _splice(self) -> int:
        return os.splice(self._source, self._sink, self.remaining, flags=os.SPLICE_F_NONBLOCK)

    def close(self) -> None:
        """Close the child's pipe: it reads the end of its input."""
        if self._open:
            self._open = False
            os.close(self._sink)

    def finish(self) -> None:
        """Close the child's pipe and drop the rest of the current frame."""
        self.close()
        self._discard.drop_exactly(self._source, self.remaining)
        self.remaining = 0


def _move(source: int, sink: int, count: int) -> int:
    """Move the bytes that wait in a child's pipe and return how many: fewer if the child has read some itself."""
    left = count
    while left:
        try:
            left -= os.splice(source, sink, left, flags=os.SPLICE_F_NONBLOCK)
        except BlockingIOError:
            _await_room(sink)
        if left and not bytes_waiting(source):
            break
    return count - left


def _await_room(sink: int) -> None:
    poll = select.poll()
    poll.register(sink, select.POLLOUT)
    poll.poll()
