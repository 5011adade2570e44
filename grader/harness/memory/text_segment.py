"""Arranges the machine code that children run so that they share its page tables.

A fork copies no page tables for memory that can be read from its file again: each child has page faults for all code
that it uses, one for 16 small pages. So the code that is used most is copied to huge pages that belong to no file, and
forks share these like other memory. If the kernel cannot do it, everything works, only slower.
"""

import ctypes
import mmap
import re
from array import array
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from grader.harness.memory.heap import HUGE, collapse, huge_pages

_MADV_DONTNEED = 4
_READ, _WRITE, _EXECUTE = 1, 2, 4
_MAYMOVE, _FIXED = 1, 2
_FAILED = ctypes.c_size_t(-1).value

_MOST = 20  # huge pages
_WORTH = 64  # a huge page is worth its memory if at least this many of its small pages are used

# A read-only mapping of a file, in the format of /proc/self/smaps.
_MAPPING = re.compile(
    r"^(?P<start>\w+)-(?P<end>\w+) r-(?P<execute>[x-])p \S+ \S+ [1-9]\d* .*^Anonymous: +(?P<written>\d+) kB",
    re.M | re.S,
)

_libc = ctypes.CDLL(None, use_errno=True)
_libc.mmap.restype = _libc.mremap.restype = ctypes.c_size_t
_libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
_libc.mremap.argtypes = [*[ctypes.c_size_t] * 3, ctypes.c_int, ctypes.c_size_t]
_libc.madvise.argtypes = _libc.mprotect.argtypes = [ctypes.c_size_t, ctypes.c_size_t, ctypes.c_int]
_libc.munmap.argtypes = [ctypes.c_size_t, ctypes.c_size_t]


def drop_clean_pages() -> None:
    """Drop the pages that only imports have used: the page cache still has them."""
    for mapping in _mappings():
        if not mapping.written:
            _libc.madvise(mapping.start, mapping.end - mapping.start, _MADV_DONTNEED)


def move_busiest_pages() -> int:
    """Move the code that has been used most since `drop_clean_pages` to huge pages; return the number of bytes."""
    moved = 0
    for start, protection in _busiest()[:_MOST]:
        if not _move(start, protection):
            break  # the kernel has no huge pages for us
        moved += HUGE
    return moved


@dataclass(frozen=True, slots=True)
class _Mapping:
    """A read-only mapping of a file; `written` if the linker has written to it before it became read-only."""

    start: int
    end: int
    protection: int
    written: bool


def _mappings() -> Iterator[_Mapping]:
    with suppress(OSError):
        for text in Path("/proc/self/smaps").read_text().split("VmFlags:")[:-1]:
            found = _MAPPING.search(text)
            if found:
                protection = _READ | _EXECUTE if found["execute"] == "x" else _READ
                yield _Mapping(int(found["start"], 16), int(found["end"], 16), protection, int(found["written"]) > 0)


def _busiest() -> list[tuple[int, int]]:
    """Return address and protection of each possible huge page, the one with most used small pages first."""
    found = []
    with suppress(OSError), open("/proc/self/pagemap", "rb", buffering=0) as file:  # noqa: PTH123
        for mapping in _mappings():
            for address in huge_pages(mapping.start, mapping.end):
                file.seek(address // mmap.PAGESIZE * 8)
                used = sum(entry >> 63 for entry in array("Q", file.read(HUGE // mmap.PAGESIZE * 8)))
                if used >= _WORTH:
                    found.append((used, address, mapping.protection))
    return [(address, protection) for _, address, protection in sorted(found, reverse=True)]


def _move(start: int, protection: int) -> bool:
    """Replace the code at an address by a copy on one huge page; False if the kernel cannot make one."""
    # Twice the size, so that it contains an aligned huge page; the rest is never touched and costs nothing.
    spare = _libc.mmap(None, 2 * HUGE, _READ | _WRITE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1, 0)
    if spare == _FAILED:
        return False
    copy = huge_pages(spare, spare + 2 * HUGE)[0]
    ctypes.memmove(copy, start, HUGE)
    if not collapse(copy, HUGE) or _libc.mprotect(copy, HUGE, protection):
        _libc.munmap(spare, 2 * HUGE)
        return False
    return bool(_libc.mremap(copy, HUGE, HUGE, _MAYMOVE | _FIXED, start) == start)
