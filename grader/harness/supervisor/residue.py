"""What a submission left behind, and what ran out: looked at by the keeper once a child has ended."""

import os
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

# Every place in a sandbox that somebody other than root may write to.
WRITABLE = ("/scratch", "/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue", "/run/lock")  # noqa: S108 - looked at, not used

_EVENTS = ("/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control")  # version 2, version 1


def processes(known: Collection[int]) -> list[int]:
    """Return the processes of this sandbox beside the known ones; a zombie counts."""
    return [int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) not in known]  # noqa: PTH208


@dataclass(frozen=True, slots=True)
class Traces:
    """The files that were there before the first submission."""

    before: frozenset[str]

    @classmethod
    def of_now(cls) -> "Traces":
        """Remember what there is now."""
        return cls(frozenset(_files()))

    def left(self) -> list[str]:
        """Return what has been left since."""
        return [path for path in _files() if path not in self.before]


def _files() -> list[str]:
    found = []
    for folder in WRITABLE:
        with suppress(OSError):
            found += [f"{folder}/{name}" for name in os.listdir(folder)]  # noqa: PTH208
    return found


def oom_kills() -> int:
    """Return how many processes of this sandbox the kernel has killed for want of memory; 0 where nobody counts."""
    for path in _EVENTS:
        with suppress(OSError, ValueError), open(path) as file:  # noqa: PTH123 - twice for every submission
            counters = dict(line.split() for line in file)
            return int(counters.get("oom_kill", 0))
    return 0


def used_memory(pids: Collection[int], *, born_with: int) -> int:
    """Return the bytes that these processes hold beyond the `born_with` that each began with."""
    return sum(max(0, private_memory(pid) - born_with) for pid in pids)


def private_memory(pid: int) -> int:
    """Return the bytes resident that belong to no file; memory that processes share counts for each of them."""
    with suppress(OSError):
        # A process names itself: its name may look like anything, and what the kernel counts comes after it.
        lines = Path(f"/proc/{pid}/status").read_text(errors="replace").splitlines()
        kib = {name: _number(text) for name, _, text in (line.partition(":") for line in lines)}
        if "RssAnon" in kib:
            return 1024 * (kib["RssAnon"] + kib["RssShmem"])
        return 1024 * kib.get("VmRSS", 0)  # gVisor tells no kinds apart; a zombie has nothing
    return 0


def _number(text: str) -> int:
    first, *_ = text.split() or [""]
    return int(first) if first.isdecimal() else 0
