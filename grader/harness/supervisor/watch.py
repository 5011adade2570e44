"""Watches the resources of a child while it runs."""

import os
import time

from grader.harness.child.confine import SCRATCH
from grader.harness.supervisor import residue

SAMPLE_SECONDS = 0.05


class ResourceWatch:
    """Samples, a few times a second, what the kernel does not limit on some engines.

    `caps` is the body of OPEN; `known` are the processes that belong to the sandbox itself; `baseline` are the private
    bytes that each process starts with.
    """

    def __init__(self, caps: dict[str, int], *, known: set[int], baseline: int) -> None:
        self.exceeded: str | None = None
        self.interval = SAMPLE_SECONDS
        self._memory, self._files, self._processes = caps["memory"], caps["files"], caps["processes"]
        self._known, self._baseline = known, baseline
        self._next = 0.0

    def sample(self) -> None:
        """Set `exceeded` to "memory", "processes" or "files" if the child and its children use too much of it."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + SAMPLE_SECONDS
        processes = residue.processes(self._known)
        if residue.used_memory(processes, baseline=self._baseline) > self._memory:
            self.exceeded = "memory"
        # If the kernel counts processes (RLIMIT_NPROC), there are never more; gVisor does not count them.
        if len(processes) > self._processes + 1:
            self.exceeded = "processes"
        usage = os.statvfs(SCRATCH)
        if usage.f_files - usage.f_ffree > self._files:
            self.exceeded = "files"


def milliseconds_without_processor(pid: int) -> int:
    """Return how long a process was ready to run but had no processor; 0 if the kernel does not count it."""
    try:
        with open(f"/proc/{pid}/schedstat", "rb") as file:  # noqa: PTH123 - pathlib is not needed in here
            return int(file.read().split()[1]) // 1_000_000
    except (OSError, IndexError, ValueError):
        return 0
