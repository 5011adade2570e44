"""A byte stream to and from a supervisor: one descriptor to read, one to write, never blocked past a deadline."""

import os
import select
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress

_READ = 256 * 1024


class StreamClosed(EOFError):
    """The other side has closed the stream."""


class ByteStream:
    """A two-way stream that writes and reads at the same time, so that the two sides cannot deadlock.

    `unwrap` returns the payload of the bytes that arrive, for an engine that wraps it in headers.
    """

    def __init__(self, source: int, sink: int, unwrap: Callable[[bytes], bytes] = bytes) -> None:
        self._source, self._sink = source, sink
        self._unwrap = unwrap
        self._unsent: deque[memoryview] = deque()
        for fd in (source, sink):
            os.set_blocking(fd, False)

    def send(self, data: bytes) -> None:
        """Queue bytes and write what can be written at once. Raises StreamClosed if the other side has closed."""
        self._unsent.append(memoryview(data))
        self._write()

    def receive(self, deadline: float) -> bytes:
        """Return the bytes that arrive before `deadline` (`time.monotonic`), b"" if none do.

        Raises StreamClosed at the end of the stream.
        """
        while True:
            left = deadline - time.monotonic()
            ready = dict(self._poll().poll(max(left, 0) * 1000 + 1))
            if ready.get(self._sink, 0) & (select.POLLOUT | select.POLLERR):
                with suppress(StreamClosed):  # what the other side sent before it closed can still be read
                    self._write()
            if ready.get(self._source, 0) & ~select.POLLOUT and (data := self._unwrap(self._read())):
                return data
            if left <= 0:  # tested last: bytes that have arrived by the deadline are read
                return b""

    def is_readable(self) -> bool:
        """Whether there is something to read, or the stream has ended."""
        poll = select.poll()
        poll.register(self._source, select.POLLIN)
        return bool(poll.poll(0))

    def _poll(self) -> select.poll:
        poll = select.poll()
        if self._unsent:
            poll.register(self._sink, select.POLLOUT)
        both = self._source == self._sink and self._unsent
        poll.register(self._source, select.POLLIN | select.POLLOUT if both else select.POLLIN)
        return poll

    def _read(self) -> bytes:
        try:
            data = os.read(self._source, _READ)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise StreamClosed from error
        if not data:
            raise StreamClosed
        return data

    def _write(self) -> None:
        try:
            while self._unsent:
                view = self._unsent[0]
                view = view[os.write(self._sink, view) :]
                if view:
                    self._unsent[0] = view
                else:
                    self._unsent.popleft()
        except BlockingIOError:
            return
        except OSError as error:
            self._unsent.clear()
            raise StreamClosed from error
