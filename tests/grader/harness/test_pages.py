"""How memory is laid out: in a process of its own, whose memory nobody else has an eye on."""

import subprocess
import sys

import pytest

BEGIN = """
import ctypes
from grader.harness.pages import fill_holes

malloc, free = ctypes.CDLL(None).malloc, ctypes.CDLL(None).free
malloc.restype, free.argtypes = ctypes.c_size_t, [ctypes.c_size_t]

def blocks(places):
    return len({{place // 65_536 for place in places}})
"""
OBJECTS = """
many = [bytes(200) for _ in range(50_000)]
del many[::100]
{fill}
new = [bytes(200) for _ in range(100)]
print(blocks(list(map(id, new))))
"""
PIECES = """
many = [malloc(700) for _ in range(50_000)]
for piece in many[::100]:
    free(piece)
{fill}
print(blocks([malloc(700) for _ in range(100)]))
"""


def spread(program, *, fill):
    """Over how many blocks lies what is made, where one in a hundred of what was made before has gone."""
    command = [sys.executable, "-c", (BEGIN + program).format(fill="fill_holes()" if fill else "")]
    return int(subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout)


@pytest.mark.parametrize("program", [OBJECTS, PIECES], ids=["objects", "pieces"])
def test_without_holes_what_is_new_lies_together(program):
    assert spread(program, fill=False) > 20
    assert spread(program, fill=True) < 10
