"""Lays the nursery's memory out so that children cost little.

Huge pages: a fork copies the page tables of everything written to, 60,000 small pages or 120 huge ones. A child that
writes takes a small page of its own as before, and has the huge one around it split. Where the kernel cannot do it
(before Linux 6.1, gVisor), all is only slower.

One piece: a huge page lies within one mapping, and Python asks for a mapping for every megabyte of its objects. While
it imports, it gets them from the heap instead.

No holes: what imports have freed lies everywhere between what they have kept, and allocators use that first. So it is
taken up, and what a child makes comes to lie together.
"""

import ctypes
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from itertools import repeat
from pathlib import Path

HUGE = 2 * 1024 * 1024
_MADV_COLLAPSE = 25

_MOST = 20_000  # pieces of one size
_ARENA = 1024 * 1024  # what Python asks for at once, to keep objects in (obmalloc.c)
_POOL = 16 * 1024  # in which it keeps objects of one size
_RAW = 0  # PYMEM_DOMAIN_RAW: what comes from malloc
_NUMBERED = 256  # no number up to it takes memory
_BYTES = 33  # what a bytes object of no bytes takes

_libc = ctypes.CDLL(None, use_errno=True)
_libc.malloc.restype = ctypes.c_size_t
_libc.malloc.argtypes = _libc.free.argtypes = [ctypes.c_size_t]
_libc.free.restype = None
_libc.madvise.argtypes = [ctypes.c_size_t, ctypes.c_size_t, ctypes.c_int]

_shelves: list[list[object]] = []


class _ArenaAllocator(ctypes.Structure):
    _fields_ = [(name, ctypes.c_void_p) for name in ("context", "allocate", "free")]


class _Allocator(ctypes.Structure):
    _fields_ = [(name, ctypes.c_void_p) for name in ("context", "allocate", "clear", "change", "free")]


@contextmanager
def in_one_piece() -> Iterator[None]:
    """Have Python's objects lie together on the heap, as long as the block runs."""
    _libc.free(_libc.malloc(_ARENA + _POOL))  # from now on, pieces of this size are worth no mapping of their own
    heap, usual = _Allocator(), _ArenaAllocator()
    ctypes.pythonapi.PyMem_GetAllocator(_RAW, ctypes.byref(heap))
    ctypes.pythonapi.PyObject_GetArenaAllocator(ctypes.byref(usual))
    _set_arenas(_ArenaAllocator(heap.context, heap.allocate, heap.free))
    try:
        yield
    finally:
        # What is freed of the heap's from now on stays there: it is not for `munmap`, which refuses it.
        _set_arenas(usual)


def _set_arenas(allocator: _ArenaAllocator) -> None:
    ctypes.pythonapi.PyObject_SetArenaAllocator(ctypes.byref(allocator))


def huge_pages(start: int, end: int) -> range:
    """Return where the huge pages begin that lie between two addresses as a whole."""
    return range(-(-start // HUGE) * HUGE, end // HUGE * HUGE, HUGE)


def collapse(start: int, size: int) -> bool:
    """Turn whole huge pages' worth of private memory into huge pages; False where that cannot be."""
    return bool(_libc.madvise(start, size, _MADV_COLLAPSE) == 0)


def collapse_all() -> int:
    """Turn this process's private memory into huge pages; return how many bytes were."""
    return sum(end - start for start, end in _stretches() if collapse(start, end - start))


def _stretches() -> Iterator[tuple[int, int]]:
    """Every stretch of whole huge pages in writable memory that belongs to no file."""
    with suppress(OSError):
        for line in Path("/proc/self/maps").read_text().splitlines():
            addresses, access, _, _, inode, *_ = line.split()
            whole = huge_pages(*(int(part, 16) for part in addresses.split("-")))
            if access.startswith("rw") and inode == "0" and whole:
                yield whole.start, whole.stop


def fill_holes() -> None:
    """Take up what is free between what lives, for good: it is resident anyway."""
    for size in (*range(64 * 1024, 1024, -1024), *range(1024, 16, -16)):
        _fill(size, partial(_libc.malloc, size - 8), _libc.free, enough=32)
    for size in range(16, 513, 16):
        shelf: list[object] = []
        enough = min(_POOL // size - 3, _NUMBERED)
        _fill(size, partial(_put_on, shelf, _maker(size)), partial(_take_off, shelf), enough=enough)
        _shelves.append(shelf)


def _maker(size: int) -> Callable[[], object]:
    """Return what makes an object of that size."""
    return {16: object, 32: complex}.get(size) or partial(bytes, size - _BYTES)


def _put_on(shelf: list[object], make: Callable[[], object]) -> int:
    shelf.append(make())
    return id(shelf[-1])


def _take_off(shelf: list[object], _: int) -> None:
    shelf.pop()


def _fill(size: int, take: Callable[[], int], give_back: Callable[[int], object], *, enough: int) -> None:
    """Take pieces of a size until `enough` of them lie together: there are no holes left. Those are given back."""
    # Counted without an object that stays: it would lie in between, as a list does when it grows, or a larger number.
    row, found = array("Q", bytes(8 * enough)), 0
    for _ in repeat(None, _MOST):
        row[found] = take()
        if found and abs(row[found] - row[found - 1]) > 3 * size:
            row[0], found = row[found], 0
        found += 1
        if found == enough:
            break
    for place in reversed(row[:found]):
        give_back(place)
