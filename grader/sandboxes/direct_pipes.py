"""A line to a keeper, past the engine that started it.

An engine's stream passes two more programs on its way, and wakes both for every piece. Where a keeper is a process of
this machine that we may look into, we open the pipes that it has made for us (`grader.harness.supervisor.direct_pipes`).
"""

import os
import stat
from collections.abc import Mapping, Sequence
from contextlib import suppress


class OpenedPipes:
    """The far ends of a keeper's pipes, to read and to write."""

    def __init__(self, source: int, sink: int) -> None:
        self.source, self.sink = source, sink

    def close(self) -> None:
        """Close both."""
        os.close(self.source)
        os.close(self.sink)


def open_direct_pipes(pid: int, told: Mapping[str, Sequence[int]]) -> OpenedPipes | None:
    """Return the line to the keeper `pid`, who has `told` of it; None where it is not for us to open.

    So it is without root's rights, and where the process is another machine's, another namespace's, or gVisor's.
    """
    with suppress(OSError):
        source = _open(pid, told["responses"], os.O_RDONLY)
        try:
            return OpenedPipes(source, _open(pid, told["requests"], os.O_WRONLY))
        except BaseException:
            os.close(source)
            raise
    return None


def _open(pid: int, end: Sequence[int], access: int) -> int:
    """Open a pipe of another process, if it is the one that is meant: the number of a process says little elsewhere."""
    number, pipe = end
    path = f"/proc/{pid}/fd/{number}"
    found = os.stat(path)  # noqa: PTH116
    if not stat.S_ISFIFO(found.st_mode) or found.st_ino != pipe:
        raise ProcessLookupError(path)
    return os.open(path, access | os.O_NONBLOCK | os.O_CLOEXEC)
