"""Arranges the memory of the fork server so that forks are cheap.

Huge pages: a fork copies the page tables of all memory that was written to, which are 60,000 small pages or 120 huge
ones. If a child writes to a huge page, it still copies only a small one: the kernel splits the huge page for it. If the
kernel cannot make them (before Linux 6.1, gVisor), everything works, only slower.

One range: a huge page lies within one mapping, and Python requests a mapping of its own for every megabyte of objects.
During the imports it gets that memory from the heap instead.

No holes: imports free memory everywhere between the objects that they keep, and allocators use those holes first. So
they are filled, and the objects that a child makes lie together, on few pages.
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
_ARENA = 1024 * 1024  # what Python requests at once for its objects (obmalloc.c)
_POOL = 16 * 1024  # holds objects of one size
_RAW = 0  # PYMEM_DOMAIN_RAW: memory from malloc
_CACHED_INTEGERS = 256  # integers up to this one exist already and take no memory
_BYTES = 33  # the size of an empty bytes object

_libc = ctypes.CDLL(None, use_errno=True)
_libc.malloc.restype = ctypes.c_size_t
_libc.malloc.argtypes = _libc.free.argtypes = [ctypes.c_size_t]
_libc.free.restype = None
_libc.madvise.argtypes = [ctypes.c_size_t, ctypes.c_size_t, ctypes.c_int]

_fillers: list[list[object]] = []  # kept for ever: they fill the holes


class _ArenaAllocator(ctypes.Structure):
    _fields_ = [(name, ctypes.c_void_p) for name in ("context", "allocate", "free")]


class _Allocator(ctypes.Structure):
    _fields_ = [(name, ctypes.c_void_p) for name in ("context", "allocate", "clear", "change", "free")]


@contextmanager
def contiguous_arenas() -> Iterator[None]:
    """Make Python place its objects together on the heap while the block runs."""
    _libc.free(_libc.malloc(_ARENA + _POOL))  # from now on malloc takes this size from the heap, not from a new mapping
    heap, usual = _Allocator(), _ArenaAllocator()
    ctypes.pythonapi.PyMem_GetAllocator(_RAW, ctypes.byref(heap))
    ctypes.pythonapi.PyObject_GetArenaAllocator(ctypes.byref(usual))
    _set_arenas(_ArenaAllocator(heap.context, heap.allocate, heap.free))
    try:
        yield
    finally:
        # Arenas on the heap that are freed later stay there: they go to `munmap`, which refuses them.
        _set_arenas(usual)


def _set_arenas(allocator: _ArenaAllocator) -> None:
    ctypes.pythonapi.PyObject_SetArenaAllocator(ctypes.byref(allocator))


def huge_pages(start: int, end: int) -> range:
    """Return the addresses of the huge pages that lie completely between two addresses."""
    return range(-(-start // HUGE) * HUGE, end // HUGE * HUGE, HUGE)


def collapse(start: int, size: int) -> bool:
    """Turn private memory, a multiple of the size of a huge page, into huge pages; False if the kernel cannot."""
    return bool(_libc.madvise(start, size, _MADV_COLLAPSE) == 0)


def collapse_all() -> int:
    """Turn this process's private memory into huge pages; return the number of bytes that were turned."""
    return sum(end - start for start, end in _anonymous_ranges() if collapse(start, end - start))


def _anonymous_ranges() -> Iterator[tuple[int, int]]:
    """Yield the start and end of each range of whole huge pages in writable memory that belongs to no file."""
    with suppress(OSError):
        for line in Path("/proc/self/maps").read_text().splitlines():
            addresses, access, _, _, inode, *_ = line.split()
            whole = huge_pages(*(int(part, 16) for part in addresses.split("-")))
            if access.startswith("rw") and inode == "0" and whole:
                yield whole.start, whole.stop


def fill_holes() -> None:
    """Allocate the free memory between living objects, for ever. It costs nothing: those pages are resident anyway."""
    for size in (*range(64 * 1024, 1024, -1024), *range(1024, 16, -16)):
        _fill(size, partial(_libc.malloc, size - 8), _libc.free, enough=32)
    for size in range(16, 513, 16):
        fillers: list[object] = []
        enough = min(_POOL // size - 3, _CACHED_INTEGERS)
        _fill(size, partial(_allocate, fillers, _maker(size)), partial(_release, fillers), enough=enough)
        _fillers.append(fillers)


def _maker(size: int) -> Callable[[], object]:
    """Return a function that makes an object of `size` bytes."""
    return {16: object, 32: complex}.get(size) or partial(bytes, size - _BYTES)


def _allocate(fillers: list[object], make: Callable[[], object]) -> int:
    fillers.append(make())
    return id(fillers[-1])


def _release(fillers: list[object], _: int) -> None:
    fillers.pop()


def _fill(size: int, allocate: Callable[[], int], release: Callable[[int], object], *, enough: int) -> None:
    """Allocate pieces of one size until `enough` of them lie side by side: no hole is left. Release those again."""
    # The addresses are kept without a new object, such as a growing list or a large integer: it would lie in between.
    row, found = array("Q", bytes(8 * enough)), 0
    for _ in repeat(None, _MOST):
        row[found] = allocate()
        if found and abs(row[found] - row[found - 1]) > 3 * size:
            row[0], found = row[found], 0
        found += 1
        if found == enough:
            break
    for address in reversed(row[:found]):
        release(address)
