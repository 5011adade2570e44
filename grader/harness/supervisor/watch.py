"""Watches the resources of a child while it runs."""

import os
import time
from contextlib import suppress
from dataclasses import dataclass

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


class ProcessorTime:
    """How long a run used processors, and how long its main thread waited while other processes had them.

    A thread of a run can also wait for the run's own processes and threads, which must not count: a run could pin
    itself to one processor with a few spinning children, and its time would hardly pass. While the main thread waits
    for one of its own, that one runs. So of its waiting, at least what is longer than their running was for others.

    Processes and threads that start or end between two samples can have run unseen. Between such samples, all waiting
    counts as the run's own. The supervisor works for the run, so its running counts as the run's, too.
    """

    def __init__(self, pid: int) -> None:
        """Start now, for the run whose main process is `pid`."""
        self._pid = pid
        self._waited = 0  # ns; below zero if the run's own threads ran more than the main one waited
        self._used = 0  # ns
        self._last = _Tasks.look_at_main(pid)

    def sample(self) -> None:
        """Count what happened since the last sample. Without the kernel's figures (gVisor), nothing counts."""
        before, now = self._last, _Tasks.look(self._pid)
        if before is None or now is None:
            return
        passed = now.at - before.at
        others = sum(ran - before.ran.get(task, 0) for task, ran in now.ran.items()) if before.ran else 0
        seen = now.ran.keys() == before.ran.keys() and now.last_pid == before.last_pid
        self._waited += now.main_waited - before.main_waited - (min(others, passed) if seen else passed)
        self._used += now.main_ran - before.main_ran + others
        self._last = now

    @property
    def waited(self) -> int:
        """The milliseconds that the run's main thread was kept waiting by processes outside the sandbox."""
        return max(0, self._waited) // 1_000_000

    @property
    def used(self) -> int:
        """The milliseconds of processor time of all processes of the run, except those that no sample has seen."""
        return self._used // 1_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class _Tasks:
    """All threads of the sandbox at one moment, in nanoseconds."""

    at: int
    last_pid: bytes  # the newest process or thread of the sandbox
    main_ran: int
    main_waited: int
    ran: dict[int, int]  # by thread id, except the main thread of the run

    @classmethod
    def look_at_main(cls, pid: int) -> "_Tasks | None":
        """Return the figures of the main thread alone: most runs are so short that no sample follows."""
        try:
            main_ran, main_waited = _scheduled(pid, pid)
        except (OSError, ValueError):
            return None
        return cls(at=time.monotonic_ns(), last_pid=b"", main_ran=main_ran, main_waited=main_waited, ran={})

    @classmethod
    def look(cls, pid: int) -> "_Tasks | None":
        """Return the figures of this moment; None if the kernel does not count, or a thread has just ended."""
        try:
            main_ran, main_waited = _scheduled(pid, pid)
            ran = {task: _scheduled(owner, task)[0] for owner in residue.processes(()) for task in _threads(owner)}
            del ran[pid]
            with open("/proc/loadavg", "rb") as file:  # noqa: PTH123 - pathlib is not needed in here
                last_pid = file.read().split()[-1]
        except (OSError, IndexError, KeyError, ValueError):
            return None
        return cls(at=time.monotonic_ns(), last_pid=last_pid, main_ran=main_ran, main_waited=main_waited, ran=ran)


def _threads(pid: int) -> list[int]:
    with suppress(OSError):  # it has just ended
        return [int(name) for name in os.listdir(f"/proc/{pid}/task")]  # noqa: PTH208
    return []


def _scheduled(pid: int, task: int) -> tuple[int, int]:
    """Return how long a thread has run, and how long it was ready to run but had no processor, in nanoseconds."""
    with open(f"/proc/{pid}/task/{task}/schedstat", "rb") as file:  # noqa: PTH123 - as above
        ran, waited, _ = file.read().split()
    return int(ran), int(waited)
