"""Direct pipes to a supervisor, without the engine that started it in between.

    engine's stream   grader <──> Docker daemon <──> containerd shim <──> supervisor
    direct pipes      grader <──────────────────────────────────────────> supervisor

The two processes in between wake up for every message. If the supervisor is a process of this machine and we have the
right to open its descriptors, we use the pipes that it made for us (`grader.harness.supervisor.direct_pipes`).
"""

import os
import stat
from collections.abc import Mapping, Sequence
from contextlib import suppress


class OpenedPipes:
    """Our ends of a supervisor's pipes: `source` to read, `sink` to write."""

    def __init__(self, source: int, sink: int) -> None:
        self.source, self.sink = source, sink

    def close(self) -> None:
        """Close both."""
        os.close(self.source)
        os.close(self.sink)


def open_direct_pipes(pid: int, pipes: Mapping[str, Sequence[int]]) -> OpenedPipes | None:
    """Return the pipes to the supervisor `pid`, as its handshake describes them; None if we cannot open them.

    We cannot without root's rights, or if the process is on another machine, in another namespace, or in gVisor.
    """
    with suppress(OSError):
        source = _open(pid, pipes["responses"], os.O_RDONLY)
        try:
            return OpenedPipes(source, _open(pid, pipes["requests"], os.O_WRONLY))
        except BaseException:
            os.close(source)
            raise
    return None


def _open(pid: int, end: Sequence[int], access: int) -> int:
    """Open a pipe of another process, if its inode is the expected one: `pid` can be a different process here."""
    number, inode = end
    path = f"/proc/{pid}/fd/{number}"
    found = os.stat(path)  # noqa: PTH116
    if not stat.S_ISFIFO(found.st_mode) or found.st_ino != inode:
        raise ProcessLookupError(path)
    return os.open(path, access | os.O_NONBLOCK | os.O_CLOEXEC)
