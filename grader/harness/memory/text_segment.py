"""Lays the code that children run out so that they have it in common.

A fork copies no page tables of what can be had from a file again: a child finds anew whatever code it uses, 16 small
pages at a time. So what is used most is copied to huge pages of no file, which forks share like any memory. Where the
kernel cannot do it, all is only slower.
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
_WORTH = 64  # small pages that are used make a huge one worth its memory

# A mapping of a file that nobody may write to, as /proc/self/smaps has it.
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


def forget() -> None:
    """Let go of the code that only imports have used: it is still in the files' cache."""
    for mapping in _mappings():
        if not mapping.written:
            _libc.madvise(mapping.start, mapping.end - mapping.start, _MADV_DONTNEED)


def hold() -> int:
    """Move what has been used most, since it was forgotten, to huge pages; return how many bytes."""
    moved = 0
    for start, protection in _busiest()[:_MOST]:
        if not _move(start, protection):
            break  # none would be a huge page
        moved += HUGE
    return moved


@dataclass(frozen=True, slots=True)
class _Mapping:
    """A part of a file that nobody may write to; `written` where the linker did."""

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
    """Return where huge pages would lie, and their protection; first those in which most pages have been used."""
    found = []
    with suppress(OSError), open("/proc/self/pagemap", "rb", buffering=0) as file:  # noqa: PTH123
        for mapping in _mappings():
            for place in huge_pages(mapping.start, mapping.end):
                file.seek(place // mmap.PAGESIZE * 8)
                used = sum(entry >> 63 for entry in array("Q", file.read(HUGE // mmap.PAGESIZE * 8)))
                if used >= _WORTH:
                    found.append((used, place, mapping.protection))
    return [(place, protection) for _, place, protection in sorted(found, reverse=True)]


def _move(start: int, protection: int) -> bool:
    """Put a copy of a huge page's worth of code in its place; False where it cannot be one huge page."""
    # Twice as much, so that there is a place for a huge page in it; the rest is untouched, and costs nothing.
    spare = _libc.mmap(None, 2 * HUGE, _READ | _WRITE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1, 0)
    if spare == _FAILED:
        return False
    copy = huge_pages(spare, spare + 2 * HUGE)[0]
    ctypes.memmove(copy, start, HUGE)
    if not collapse(copy, HUGE) or _libc.mprotect(copy, HUGE, protection):
        _libc.munmap(spare, 2 * HUGE)
        return False
    return bool(_libc.mremap(copy, HUGE, HUGE, _MAYMOVE | _FIXED, start) == start)
