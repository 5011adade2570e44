"""A cell: one started sandbox with its keeper, and the conversation with it."""

import json
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from grader.errors import SandboxError
from grader.harness.digest import digest
from grader.harness.wire.frames import CHUNK, FrameError, FrameKind, FrameReader, frame
from grader.sandboxes.byte_stream import ByteStream, StreamClosed

_KEEPERS = {
    FrameKind.HANDSHAKE: CHUNK,
    FrameKind.DATA: CHUNK,
    FrameKind.OUTPUT: CHUNK,
    FrameKind.END: CHUNK,
    FrameKind.HEARTBEAT: 20,
}


class CellDied(SandboxError):
    """A sandbox has gone in the middle of things; `out_of_memory` says that the kernel took it for that reason."""

    def __init__(self, message: str, *, out_of_memory: bool) -> None:
        super().__init__(message)
        self.out_of_memory = out_of_memory


class Instance:
    """One started sandbox.

    `stop` removes it and may be called from any thread; `complaint` returns what its keeper has written to its error
    stream, for an operator; `ran_out_of_memory` is asked once it has died.
    """

    def __init__(
        self,
        link: ByteStream,
        *,
        stop: Callable[[], None],
        complaint: Callable[[], str] = str,
        ran_out_of_memory: Callable[[], bool] = bool,
        label: str = "",
    ) -> None:
        self.label = label
        self.stop = stop
        self.served = 0
        self.handshake: dict[str, Any] = {}
        self._link = link
        self._complaint = complaint
        self._ran_out_of_memory = ran_out_of_memory
        self._reader = FrameReader(_KEEPERS)
        self._frames: deque[tuple[FrameKind, bytes]] = deque()

    def await_ready(self, seconds: float) -> None:
        """Wait until the keeper is warm; SandboxError where it does not get there, or is of another checkout."""
        received = self.receive(time.monotonic() + seconds)
        if received is None:
            raise SandboxError(f"{self.label} was not ready after {seconds:g} seconds{self._said()}")
        kind, body = received
        if kind != FrameKind.HANDSHAKE:
            raise SandboxError(f"{self.label} began with a frame of kind {kind}")
        self.handshake = json.loads(body)
        if self.handshake["harness"] != digest():
            raise SandboxError(
                f"{self.label} holds another harness than this grader: run `make image`, then restart this process"
            )

    def move_to(self, link: ByteStream) -> None:
        """Go on talking on another link, which the keeper has told of; SandboxError where it has gone."""
        self.send((FrameKind.SWITCH, b""))
        self._link = link

    def gone(self) -> bool:
        """Whether the sandbox has died since it was last used."""
        # Between submissions a keeper says nothing: whatever is there to read is its end, or a fault.
        return self._link.has_news()

    def send(self, *frames: tuple[FrameKind, bytes]) -> None:
        """Send frames to the keeper, in one piece; SandboxError where it has gone."""
        try:
            self._link.send(b"".join(frame(kind, body) for kind, body in frames))
        except StreamClosed as error:
            raise self._gone() from error

    def receive(self, deadline: float) -> tuple[FrameKind, bytes] | None:
        """Return the keeper's next frame, None at `deadline`; SandboxError where it has gone."""
        try:
            while not self._frames:
                data = self._link.receive(deadline)
                if not data:
                    return None
                self._frames.extend(self._reader.feed(data))
        except StreamClosed as error:
            raise self._gone() from error
        except FrameError as error:
            raise SandboxError(f"{self.label} sent what is not a frame: {error}") from error
        return self._frames.popleft()

    def _gone(self) -> "CellDied":
        return CellDied(f"{self.label} has gone{self._said()}", out_of_memory=self._ran_out_of_memory())

    def _said(self) -> str:
        text = self._complaint().strip()
        return f": {text[-2000:]}" if text else ""
