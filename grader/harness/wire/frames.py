"""Frames: the messages between the grader, the keeper of a sandbox and the child that runs a submission.

    1 byte   kind
    4 bytes  length of the body, big endian
    n bytes  the body

    grader -> keeper   OPEN (JSON, caps)   DATA (bytes for the child)    CLOSE           LINE
    keeper -> grader   READY (JSON)        DATA (bytes of the child)     TEXT (what it printed)   END (JSON)   BEAT
    grader -> child    SETUP (JSON)        SOURCE (UTF-8)                CALLS (a wire message)
    keeper -> child    REHEARSE, as long as there is no submission for it
    child -> grader    AWAKE   CONFINED   LOADED, PROGRESS (JSON)   OBSERVATION (a wire message)   EXHAUSTED

The child's own frames travel inside DATA. A byte in a pipe of its own, the bell, says when they shall: once all calls
are answered, or where there is no room for more; what it has said is passed on before long in any case. Only the keeper
writes the outer ones, so a submission cannot forge an END.
LINE says that all further frames, both ways, take the pipes that READY has told of (see `line`).
BEAT says, every half second of a run, that the sandbox does not stand still, and how many milliseconds of it in all
(decimal) are not the run's own time: in which the sandbox was not ready for it, or others had the processors.
AWAKE is said once a child is ready for a program, and CONFINED before a submission's first line runs: a child that ends
without either failed through our fault. Without the first it brings the sandbox down, and says why on its error stream.
Standard library only, and nothing of the grader: both sides use this file.
"""

import struct
from collections.abc import Iterator
from enum import IntEnum

HEADER = struct.Struct(">BI")
CHUNK = 64 * 1024


class FrameKind(IntEnum):
    """What a frame is."""

    OPEN = 1
    DATA = 2
    CLOSE = 3
    HANDSHAKE = 4
    OUTPUT = 5
    END = 6
    HEARTBEAT = 7
    SWITCH = 8

    SETUP = 16
    SOURCE = 17
    CALLS = 18
    WARM_UP = 19

    READY = 32
    SANDBOXED = 33
    LOADED = 34
    PROGRESS = 35
    OBSERVATION = 36
    EXHAUSTED = 37


class FrameError(ValueError):
    """Bytes that are not a frame, or a frame larger than its reader allows."""


def frame(kind: FrameKind, body: bytes = b"") -> bytes:
    """Return one frame."""
    return HEADER.pack(kind, len(body)) + body


class FrameReader:
    """Cuts a stream of bytes into frames. `limits` names the kinds that may come and the largest body of each."""

    def __init__(self, limits: dict[FrameKind, int]) -> None:
        self._limits = limits
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[FrameKind, bytes]]:
        """Take in bytes and yield the frames that are complete now; FrameError for what cannot be one."""
        self._buffer += data
        while len(self._buffer) >= HEADER.size:
            kind, size = self._header()
            end = HEADER.size + size
            if len(self._buffer) < end:
                return
            body = bytes(memoryview(self._buffer)[HEADER.size : end])
            del self._buffer[:end]
            yield kind, body

    def _header(self) -> tuple[FrameKind, int]:
        number, size = HEADER.unpack_from(self._buffer)
        limit = self._limits.get(number, -1)
        if size > limit:
            raise FrameError(f"a frame of kind {number} with {size} bytes")
        return FrameKind(number), size
