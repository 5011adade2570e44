"""The layout of memory, in processes of their own."""

import pytest

from tests.grader.harness.own_process import printed

BEGIN = """
import ctypes
from grader.harness.memory.heap import fill_holes

malloc, free = ctypes.CDLL(None).malloc, ctypes.CDLL(None).free
malloc.restype, free.argtypes = ctypes.c_size_t, [ctypes.c_size_t]

def blocks(places):
    return len({{place // 65_536 for place in places}})
"""
OBJECTS = """
many = [MAKE for _ in range(300_000)]
del many[::3000]
{fill}
new = [MAKE for _ in range(100)]
print(blocks(list(map(id, new))))
"""
# Of 16, 32, 64 and 240 bytes: growing lists take pieces of 64 bytes, large integers of 32.
MADE = ["object()", "complex()", "bytes(30)", "bytes(200)"]
PIECES = """
many = [malloc(700) for _ in range(50_000)]
for piece in many[::100]:
    free(piece)
{fill}
print(blocks([malloc(700) for _ in range(100)]))
"""


def spread(program, *, fill):
    """Return over how many blocks new objects spread after some older objects were freed."""
    (blocks,) = printed((BEGIN + program).format(fill="fill_holes()" if fill else ""))
    return int(blocks)


@pytest.mark.parametrize("program", [*(OBJECTS.replace("MAKE", make) for make in MADE), PIECES], ids=[*MADE, "pieces"])
def test_without_holes_new_objects_lie_together(program):
    assert spread(program, fill=False) > 20
    assert spread(program, fill=True) < 10


def test_without_holes_filling_takes_little_memory():
    program = """
from pathlib import Path
from grader.harness.memory.heap import fill_holes

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

fill_holes()
before = resident()
fill_holes()
print((resident() - before) // 1_000_000)
"""
    (megabytes,) = printed(program)
    assert int(megabytes) < 5


def test_arenas_lie_on_the_heap_only_inside_the_block():
    program = """
from pathlib import Path
from grader.harness.memory.heap import contiguous_arenas

def made():
    return [bytes(400) for _ in range(20_000)]

def on_the_heap(objects):
    (line,) = (line for line in Path("/proc/self/maps").read_text().splitlines() if line.endswith("[heap]"))
    start, end = (int(part, 16) for part in line.split()[0].split("-"))
    return sum(start <= id(one) < end for one in objects) / len(objects) > 0.9

before = made()
with contiguous_arenas():
    during = made()
    made()
after = made()
print(on_the_heap(before), on_the_heap(during), on_the_heap(after))
del before, during, after
again = made()
print(sum(map(len, again)))
"""
    assert printed(program) == ["False", "True", "False", "8000000"]
