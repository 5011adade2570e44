"""Bytes to and from a keeper: one descriptor to read, one to write, never blocked past a deadline."""

import os
import select
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress

_READ = 256 * 1024


class StreamClosed(EOFError):
    """The other side has gone."""


class ByteStream:
    """A two-way stream that writes and reads at the same time, so that neither side waits for the other for ever.

    `unwrap` takes the bytes that arrive to the bytes that were meant, where an engine packs them.
    """

    def __init__(self, source: int, sink: int, unwrap: Callable[[bytes], bytes] = bytes) -> None:
        self._source, self._sink = source, sink
        self._unwrap = unwrap
        self._outbox: deque[memoryview] = deque()
        for fd in (source, sink):
            os.set_blocking(fd, False)

    def send(self, data: bytes) -> None:
        """Queue bytes and write what can be written at once."""
        self._outbox.append(memoryview(data))
        self._write()

    def receive(self, deadline: float) -> bytes:
        """Return what arrives before `deadline` (`time.monotonic`), b"" where nothing does; StreamClosed at the end."""
        while True:
            left = deadline - time.monotonic()
            ready = dict(self._poll().poll(max(left, 0) * 1000 + 1))
            if ready.get(self._sink, 0) & (select.POLLOUT | select.POLLERR):
                with suppress(StreamClosed):  # what the other side said before it went is still there to be read
                    self._write()
            if ready.get(self._source, 0) & ~select.POLLOUT and (data := self._unwrap(self._read())):
                return data
            if left <= 0:  # what had arrived by then is read all the same
                return b""

    def has_news(self) -> bool:
        """Whether something waits to be read, the end included."""
        poll = select.poll()
        poll.register(self._source, select.POLLIN)
        return bool(poll.poll(0))

    def _poll(self) -> select.poll:
        poll = select.poll()
        if self._outbox:
            poll.register(self._sink, select.POLLOUT)
        both = self._source == self._sink and self._outbox
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
            while self._outbox:
                view = self._outbox[0]
                view = view[os.write(self._sink, view) :]
                if view:
                    self._outbox[0] = view
                else:
                    self._outbox.popleft()
        except BlockingIOError:
            return
        except OSError as error:
            self._outbox.clear()
            raise StreamClosed from error
