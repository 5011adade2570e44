"""The keeper's watch over a child while it runs."""

import os
import time

from grader.harness.child.confine import SCRATCH
from grader.harness.supervisor import residue

LOOK_SECONDS = 0.05


class Watch:
    """Looks, a few times a second, after what no limit of the kernel's covers on some engines."""

    def __init__(self, caps: dict[str, int], *, known: set[int], born_with: int) -> None:
        self.exceeded: str | None = None
        self.interval = LOOK_SECONDS
        self._memory, self._files, self._processes = caps["memory"], caps["files"], caps["processes"]
        self._known, self._born_with = known, born_with
        self._next = 0.0

    def look(self) -> None:
        """Note in `exceeded` what the child and its children have taken too much of."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + LOOK_SECONDS
        processes = residue.processes(self._known)
        if residue.used_memory(processes, born_with=self._born_with) > self._memory:
            self.exceeded = "memory"
        # Where the kernel counts them (RLIMIT_NPROC), there are never more; gVisor does not.
        if len(processes) > self._processes + 1:
            self.exceeded = "processes"
        usage = os.statvfs(SCRATCH)
        if usage.f_files - usage.f_ffree > self._files:
            self.exceeded = "files"


def waited_for_a_processor(pid: int) -> int:
    """Return for how many milliseconds a process was ready to run and could not; 0 where the kernel does not say."""
    try:
        with open(f"/proc/{pid}/schedstat", "rb") as file:  # noqa: PTH123 - pathlib is not needed in here
            return int(file.read().split()[1]) // 1_000_000
    except (OSError, IndexError, ValueError):
        return 0
