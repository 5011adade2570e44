"""What a submission left behind: the supervisor looks for it when a child has ended."""

import os
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

# All folders of a sandbox that users other than root can write to.
WRITABLE = ("/scratch", "/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue", "/run/lock")  # noqa: S108 - only listed, not used

_EVENTS = ("/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control")  # version 2, version 1


def processes(known: Collection[int]) -> list[int]:
    """Return the ids of this sandbox's processes except the known ones; a zombie counts."""
    return [int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) not in known]  # noqa: PTH208


@dataclass(frozen=True, slots=True)
class FileSnapshot:
    """The files in the writable folders at one moment."""

    before: frozenset[str]

    @classmethod
    def take(cls) -> "FileSnapshot":
        """Return the snapshot of this moment."""
        return cls(frozenset(_files()))

    def added(self) -> list[str]:
        """Return the paths that exist now and did not exist then."""
        return [path for path in _files() if path not in self.before]


def _files() -> list[str]:
    found = []
    for folder in WRITABLE:
        with suppress(OSError):
            found += [f"{folder}/{name}" for name in os.listdir(folder)]  # noqa: PTH208
    return found


def oom_kills() -> int:
    """Return how many processes of this sandbox the kernel killed because memory ran out; 0 if it does not count."""
    for path in _EVENTS:
        with suppress(OSError, ValueError), open(path) as file:  # noqa: PTH123 - twice for every submission
            counters = dict(line.split() for line in file)
            return int(counters.get("oom_kill", 0))
    return 0


def used_memory(pids: Collection[int], *, baseline: int) -> int:
    """Return the private bytes of these processes together, each beyond the `baseline` that it started with."""
    return sum(max(0, private_memory(pid) - baseline) for pid in pids)


def private_memory(pid: int) -> int:
    """Return the resident bytes of a process that belong to no file; shared memory counts for each process."""
    with suppress(OSError):
        # A process chooses its own name, so the first line can contain anything. The kernel's counters come after it.
        lines = Path(f"/proc/{pid}/status").read_text(errors="replace").splitlines()
        kib = {name: _number(text) for name, _, text in (line.partition(":") for line in lines)}
        if "RssAnon" in kib:
            return 1024 * (kib["RssAnon"] + kib["RssShmem"])
        return 1024 * kib.get("VmRSS", 0)  # gVisor counts all kinds together; a zombie has none
    return 0


def _number(text: str) -> int:
    first, *_ = text.split() or [""]
    return int(first) if first.isdecimal() else 0
