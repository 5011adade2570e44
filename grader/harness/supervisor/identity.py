"""User ids: each submission of a sandbox gets its own, and none is used twice."""

import os
import secrets
from pathlib import Path

_LOWEST, _HIGHEST = 2_000, 2_000_000_000
_PER_SANDBOX = 10_000  # user ids that one sandbox can need in its life


class UserIds:
    """Hands out user ids, counting up from `first`. If `first` is None, this sandbox cannot switch user."""

    def __init__(self, first: int | None) -> None:
        self._next = first

    @classmethod
    def of_this_sandbox(cls) -> "UserIds":
        """Start at a random id of those mapped here: sandboxes on one machine must not share a user or its limits."""
        if os.geteuid() != 0 or not _can_switch_user():
            return cls(None)
        lowest, highest = _mapped_range()
        return cls(lowest + secrets.randbelow(max(1, highest - lowest - _PER_SANDBOX)))

    @property
    def switches(self) -> bool:
        """Whether each submission gets its own user id."""
        return self._next is not None

    def next(self) -> int | None:
        """Return a user id that was never used; None if this sandbox cannot switch user."""
        if self._next is None:
            return None
        self._next += 1
        return self._next


def _can_switch_user() -> bool:
    wanted = 0b11 << 6  # CAP_SETGID and CAP_SETUID
    status = Path("/proc/self/status").read_text()
    effective = next(line for line in status.splitlines() if line.startswith("CapEff:"))
    return int(effective.split()[1], 16) & wanted == wanted


def _mapped_range() -> tuple[int, int]:
    """Return the range of user ids that exist in this sandbox; a user namespace can have as few as 65,536."""
    ranges = [tuple(int(part) for part in line.split()) for line in Path("/proc/self/uid_map").read_text().splitlines()]
    highest = max(inside + count for inside, _, count in ranges)
    return _LOWEST, min(highest, _HIGHEST)
