"""Reads and writes pipes: whole messages, however the kernel cuts them. Standard library only."""

import os

from grader.harness.wire.frames import HEADER, FrameKind


def read_exactly(fd: int, size: int) -> bytes:
    """Return the next `size` bytes of a pipe. Raises EOFError if every writer has closed it.

    The supervisor never reads a learner's bytes with this: see `grader.harness.supervisor.splice`.
    """
    parts = bytearray()
    while len(parts) < size:
        part = os.read(fd, size - len(parts))
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)


def write_all(fd: int, data: bytes) -> None:
    """Write all bytes, in as many writes as it takes."""
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def send_frame(fd: int, kind: FrameKind, body: bytes) -> None:
    """Write one frame."""
    write_all(fd, HEADER.pack(kind, len(body)) + body)
