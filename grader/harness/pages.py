"""Lays the nursery's memory out so that children cost little.

Huge pages: a fork copies the page tables of everything written to, 60,000 small pages or 120 huge ones. A child that
writes takes a small page of its own as before, and has the huge one around it split. Where the kernel cannot do it
(before Linux 6.1, gVisor), all is only slower.

No holes: what imports have freed lies everywhere between what they have kept, and allocators use that first. So it is
taken up, and what a child makes comes to lie together.
"""

import ctypes
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

_HUGE = 2 * 1024 * 1024
_MADV_COLLAPSE = 25

_MOST = 20_000  # pieces of one size
_POOL = 16 * 1024  # in which Python keeps objects of one size (obmalloc.c)
_BYTES = 33  # what a bytes object of no bytes takes

_libc = ctypes.CDLL(None, use_errno=True)
_libc.malloc.restype = ctypes.c_size_t
_libc.malloc.argtypes = _libc.free.argtypes = [ctypes.c_size_t]
_libc.free.restype = None

_shelves: list[list[bytes]] = []


def collapse() -> int:
    """Turn this process's private memory into huge pages; return how many bytes were."""
    return sum(end - start for start, end in _stretches() if _advise(start, end - start))


def fill_holes() -> None:
    """Take up what is free between what lives, for good: some 20 MB that are resident anyway."""
    for size in (*range(64 * 1024, 1024, -1024), *range(1024, 16, -16)):
        _fill(size, partial(_libc.malloc, size - 8), _libc.free, enough=32)
    for size in range(48, 513, 16):
        shelf: list[bytes] = []
        _fill(size, partial(_put_on, shelf, size), partial(_take_off, shelf), enough=_POOL // size - 3)
        _shelves.append(shelf)


def _put_on(shelf: list[bytes], size: int) -> int:
    shelf.append(bytes(size - _BYTES))
    return id(shelf[-1])


def _take_off(shelf: list[bytes], _: int) -> None:
    shelf.pop()


def _fill(size: int, take: Callable[[], int], give_back: Callable[[int], object], *, enough: int) -> None:
    """Take pieces of a size until `enough` of them lie in a row: there are no holes left. The row is given back."""
    row: list[int] = []
    for _ in range(_MOST):
        place = take()
        if row and not 0 < place - row[-1] <= size + 16:
            row.clear()
        row.append(place)
        if len(row) == enough:
            break
    for place in reversed(row):
        give_back(place)


def _advise(start: int, size: int) -> bool:
    return bool(_libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(size), _MADV_COLLAPSE) == 0)


def _stretches() -> Iterator[tuple[int, int]]:
    """Every stretch of whole huge pages in writable memory that belongs to no file."""
    with suppress(OSError):
        for line in Path("/proc/self/maps").read_text().splitlines():
            addresses, access, _, _, inode, *_ = line.split()
            start, end = (int(part, 16) for part in addresses.split("-"))
            start, end = -(-start // _HUGE) * _HUGE, end // _HUGE * _HUGE
            if access.startswith("rw") and inode == "0" and end > start:
                yield start, end
