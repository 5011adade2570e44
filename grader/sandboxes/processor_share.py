"""A share of the processors for one sandbox that runs without a container engine: a cgroup of its own.

The group can use at most `cpus` processors, and it has ten times the weight of any other group or process beside it, so
that other load cannot take them. Making one needs root's rights and a cgroup file system that can be written.
"""

import os
import secrets
import time
from contextlib import suppress
from pathlib import Path

# As for containers (`grader.sandboxes.docker`): ten times the normal weight, which is 1024 in version 1 and 100 in 2.
_SHARES, _WEIGHT = 10 * 1024, 10 * 100
_PERIOD = 100_000  # microseconds
_ROOT = Path("/sys/fs/cgroup")
_PREFIX = "chainrule-"
_REMOVE_SECONDS = 2.0


class ProcessorShare:
    """One cgroup. `create` makes it, `remove` removes it once its processes have ended."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @classmethod
    def create(cls, cpus: float) -> "ProcessorShare | None":
        """Make a group for a sandbox of this process; None if this machine does not let us."""
        if (parent := _parent()) is None:
            return None
        folder = parent / f"{_PREFIX}{os.getpid()}-{secrets.token_hex(4)}"
        quota = int(cpus * _PERIOD)
        try:
            folder.mkdir()
            if (folder / "cpu.shares").exists():
                (folder / "cpu.shares").write_text(str(_SHARES))
                (folder / "cpu.cfs_period_us").write_text(str(_PERIOD))
                (folder / "cpu.cfs_quota_us").write_text(str(quota))
            else:
                (folder / "cpu.weight").write_text(str(_WEIGHT))
                (folder / "cpu.max").write_text(f"{quota} {_PERIOD}")
        except OSError:
            _remove_if_empty(folder)
            return None
        return cls(folder)

    def command(self) -> list[str]:
        """Return the start of a command line: what follows it runs in the group."""
        return ["/bin/sh", "-c", 'echo $$ > "$0" && exec "$@"', str(self._folder / "cgroup.procs")]

    def remove(self) -> None:
        """Remove the group. Its last processes can still be ending; `remove_orphans` removes it if they take long."""
        deadline = time.monotonic() + _REMOVE_SECONDS
        while not _remove_if_empty(self._folder) and time.monotonic() < deadline:
            time.sleep(0.02)


def can_share() -> bool:
    """Whether this machine lets us make groups."""
    return _parent() is not None


def remove_orphans() -> None:
    """Remove the groups of processes that have ended without removing them."""
    if (parent := _parent()) is None:
        return
    for folder in parent.glob(f"{_PREFIX}*-*"):
        owner = folder.name.removeprefix(_PREFIX).partition("-")[0]
        if not Path("/proc", owner).exists():
            _remove_if_empty(folder)


def _parent() -> Path | None:
    """Return the folder of the cgroups for processors; None if there is none that we can write to."""
    for folder in (_ROOT / "cpu", _ROOT / "cpu,cpuacct", _ROOT):
        if os.access(folder, os.W_OK) and ((folder / "cpu.shares").exists() or _hands_out_processors(folder)):
            return folder
    return None


def _hands_out_processors(folder: Path) -> bool:
    """Whether groups below this folder of version 2 can have a share of the processors."""
    with suppress(OSError):
        return "cpu" in (folder / "cgroup.subtree_control").read_text().split()
    return False


def _remove_if_empty(folder: Path) -> bool:
    """Remove a group; return whether it is gone. The kernel refuses while it has processes."""
    try:
        folder.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True
