"""An instance: one started sandbox, and the frames to and from its supervisor."""

import json
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from grader.errors import SandboxError
from grader.harness.digest import digest
from grader.harness.wire.frames import CHUNK, FrameError, FrameKind, FrameReader, frame
from grader.sandboxes.byte_stream import ByteStream, StreamClosed
from grader.sandboxes.cancellation import Cancellation

# How often a wait looks whether the submission was cancelled (seconds).
_CANCELLATION_INTERVAL = 0.1

_FROM_SUPERVISOR = {
    FrameKind.HANDSHAKE: CHUNK,
    FrameKind.DATA: CHUNK,
    FrameKind.OUTPUT: CHUNK,
    FrameKind.END: CHUNK,
    FrameKind.HEARTBEAT: 40,
}


class InstanceDied(SandboxError):
    """A sandbox died while it was in use. `out_of_memory` is true if the kernel killed it for its memory."""

    def __init__(self, message: str, *, out_of_memory: bool) -> None:
        super().__init__(message)
        self.out_of_memory = out_of_memory


class Instance:
    """One started sandbox.

    `stop` removes it and can be called from any thread. `stderr_tail` returns the end of its supervisor's error stream,
    for an operator. `ran_out_of_memory` is called only after it has died.
    """

    def __init__(
        self,
        stream: ByteStream,
        *,
        stop: Callable[[], None],
        stderr_tail: Callable[[], str] = str,
        ran_out_of_memory: Callable[[], bool] = bool,
        label: str = "",
    ) -> None:
        self.label = label
        self.stop = stop
        self.served = 0
        self.handshake: dict[str, Any] = {}
        self._stream = stream
        self._stderr_tail = stderr_tail
        self._ran_out_of_memory = ran_out_of_memory
        self._reader = FrameReader(_FROM_SUPERVISOR)
        self._frames: deque[tuple[FrameKind, bytes]] = deque()

    def await_ready(self, seconds: float) -> None:
        """Wait for the handshake of a warm supervisor.

        Raises SandboxError if it does not come in time, or if the supervisor runs another version of the harness.
        """
        received = self.receive(time.monotonic() + seconds)
        if received is None:
            raise SandboxError(f"{self.label} was not ready after {seconds:g} seconds{self._error_output()}")
        kind, body = received
        if kind != FrameKind.HANDSHAKE:
            raise SandboxError(f"{self.label} sent a frame of kind {kind} before its handshake")
        self.handshake = json.loads(body)
        if self.handshake["harness"] != digest():
            raise SandboxError(
                f"{self.label} holds another harness than this grader: run `make image`, then restart this process"
            )

    def switch_to(self, stream: ByteStream) -> None:
        """Use another stream from now on, one that the handshake offered. Raises InstanceDied if it has died."""
        self.send((FrameKind.SWITCH, b""))
        self._stream = stream

    def is_dead(self) -> bool:
        """Whether the sandbox has died since it was last used."""
        # A supervisor sends nothing between submissions: whatever can be read is the end of the stream, or a fault.
        return self._stream.is_readable()

    def send(self, *frames: tuple[FrameKind, bytes]) -> None:
        """Send frames to the supervisor in one write. Raises InstanceDied if it has died."""
        try:
            self._stream.send(b"".join(frame(kind, body) for kind, body in frames))
        except StreamClosed as error:
            raise self._died() from error

    def receive(self, deadline: float) -> tuple[FrameKind, bytes] | None:
        """Return the supervisor's next frame, None at `deadline`. Raises InstanceDied if it has died."""
        try:
            while not self._frames:
                data = self._stream.receive(deadline)
                if not data:
                    return None
                self._frames.extend(self._reader.feed(data))
        except StreamClosed as error:
            raise self._died() from error
        except FrameError as error:
            raise SandboxError(f"{self.label} sent bytes that are not a frame: {error}") from error
        return self._frames.popleft()

    def receive_unless(self, cancellation: Cancellation, deadline: float) -> tuple[FrameKind, bytes] | None:
        """Return what `receive` returns. Raises RunCancelled soon after the cancellation is requested."""
        while True:
            cancellation.raise_if_requested()
            soon = time.monotonic() + _CANCELLATION_INTERVAL
            received = self.receive(min(deadline, soon))
            if received is not None or deadline <= soon:
                return received

    def _died(self) -> InstanceDied:
        return InstanceDied(f"{self.label} has died{self._error_output()}", out_of_memory=self._ran_out_of_memory())

    def _error_output(self) -> str:
        output = self._stderr_tail().strip()
        return f": {output[-2000:]}" if output else ""
