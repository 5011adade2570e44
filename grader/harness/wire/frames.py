"""Frames: the messages between the grader, the supervisor of a sandbox and the child that runs a submission.

    1 byte   kind
    4 bytes  length of the body, big endian
    n bytes  the body

    grader -> supervisor   OPEN (JSON, caps)   DATA (bytes for the child)   CLOSE   SWITCH
    supervisor -> grader   HANDSHAKE (JSON)    DATA (the child's bytes)     OUTPUT (what it printed)   END (JSON)
                           HEARTBEAT (two decimal numbers, milliseconds)
    grader -> child        SETUP (JSON)        SOURCE (UTF-8)               CALLS (a wire message)
    supervisor -> child    WARM_UP
    child -> grader        READY   SANDBOXED   LOADED, PROGRESS (JSON)      OBSERVATION (a wire message)   EXHAUSTED

The states of a child, and the frame that moves it from one to the next:

    starting ──READY──> idle ──SETUP, SOURCE──> limited ──SANDBOXED──> loading ──LOADED──> serving ──CLOSE──> ended
                        ↺ WARM_UP                                                         ↺ CALLS

    starting   restricts itself (see `child.confine`) and starts its GPU
    idle       waits for a submission; WARM_UP makes it run a tiny one meanwhile
    limited    sets the resource limits that SETUP names
    loading    runs the submission's module; LOADED says how that ended. If it failed, the child ends
    serving    answers each of the CALLS with one PROGRESS and one OBSERVATION
    ended      the supervisor reports the exit status and what was left behind in END

EXHAUSTED (out of memory) comes before an early end, in loading and in serving. A child can also end without it, by a
signal for example. The first line of a submission runs after SANDBOXED, so an earlier end is our fault. If a child ends
before READY, the supervisor exits and writes the reason to its error stream: the sandbox cannot serve anybody.

The child's frames travel inside DATA. Only the supervisor writes the outer frames, so a submission cannot forge an END.
The grader sends CALLS once, after LOADED, and only if the submission has loaded: code that did not load has seen no
case. It reads nothing that follows the last OBSERVATION.

The child writes a byte to `wakeup_fd` to have its frames forwarded: when it has loaded, once all calls are answered, or
when its pipe is nearly full. Otherwise they are forwarded with a short delay.

SWITCH moves all later frames, in both directions, to the pipes that HANDSHAKE names (see `supervisor.direct_pipes`).
HEARTBEAT comes five times a second in a run: the sandbox does not stand still. Its first number says how long the run
has been kept waiting so far: the sandbox was not ready yet, or processes outside had the processors. The second number
is the processor time that the run has used.

Standard library only, and nothing of the grader: both sides use this file.
"""

import struct
from collections.abc import Iterator
from enum import IntEnum

HEADER = struct.Struct(">BI")
CHUNK = 64 * 1024


class FrameKind(IntEnum):
    """The kind of a frame; the module's docstring says who sends which, and when."""

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
    """Cuts a stream of bytes into frames. `limits` names the kinds that are allowed and the largest body of each."""

    def __init__(self, limits: dict[FrameKind, int]) -> None:
        self._limits = limits
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[FrameKind, bytes]]:
        """Add bytes and yield the frames that are complete now. Raises FrameError for a kind or size not allowed."""
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
