"""A user of its own for every submission of a sandbox, never used twice."""

import os
import secrets
from pathlib import Path

_LOWEST, _HIGHEST = 2_000, 2_000_000_000
_SPARE = 10_000  # users that one sandbox may need in its life


class Users:
    """Hands out user ids, counting up from a random one; None each time where this sandbox cannot switch user."""

    def __init__(self, first: int | None) -> None:
        self._next = first

    @classmethod
    def of_this_sandbox(cls) -> "Users":
        """Start at random in what is mapped here: sandboxes side by side shall not share a user, nor its limits."""
        if os.geteuid() != 0 or not _may_switch():
            return cls(None)
        lowest, highest = _mapped()
        return cls(lowest + secrets.randbelow(max(1, highest - lowest - _SPARE)))

    @property
    def switches(self) -> bool:
        """Whether submissions get users of their own."""
        return self._next is not None

    def next(self) -> int | None:
        """Return a user that nobody has had."""
        if self._next is None:
            return None
        self._next += 1
        return self._next


def _may_switch() -> bool:
    wanted = 0b11 << 6  # CAP_SETGID and CAP_SETUID
    status = Path("/proc/self/status").read_text()
    effective = next(line for line in status.splitlines() if line.startswith("CapEff:"))
    return int(effective.split()[1], 16) & wanted == wanted


def _mapped() -> tuple[int, int]:
    """The range of users that exist in this sandbox; a user namespace may have as few as 65,536."""
    ranges = [tuple(int(part) for part in line.split()) for line in Path("/proc/self/uid_map").read_text().splitlines()]
    highest = max(inside + count for inside, _, count in ranges)
    return _LOWEST, min(highest, _HIGHEST)
