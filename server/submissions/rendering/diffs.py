"""Two sources side by side, line by line, as plain data; the template escapes it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import islice, zip_longest

CONTEXT = 3
# Longer differences are shown side by side without matching their lines, because matching takes quadratic time.
MOST_MATCHED = 600
MOST_ROWS = 2_000


class LineChange(StrEnum):
    """How a line changed."""

    SAME = "same"
    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"
    GAP = "gap"


@dataclass(frozen=True, kw_only=True, slots=True)
class Side:
    """One side of a row: the line's number, from 1, and its text; `middle` is the part that differs."""

    number: int
    before: str = ""
    middle: str = ""
    after: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class DiffRow:
    """A line on the left, on the right, or on both; a gap stands for `skipped` lines that are the same."""

    kind: LineChange
    left: Side | None = None
    right: Side | None = None
    skipped: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Diff:
    """The rows, and whether there were more than are shown. No rows: the sources are the same."""

    rows: list[DiffRow]
    cut: bool


Opcode = tuple[str, int, int, int, int]


def side_by_side(left: str, right: str) -> Diff:
    """Return how `left` became `right`, with a few lines around each change."""
    old, new = left.split("\n"), right.split("\n")
    rows = list(islice(_rows(old, new), MOST_ROWS + 1)) if old != new else []
    return Diff(rows=rows[:MOST_ROWS], cut=len(rows) > MOST_ROWS)


def _rows(old: list[str], new: list[str]) -> Iterator[DiffRow]:
    at = 0
    for opcode in _opcodes(old, new):
        tag, i, i_end, j, _ = opcode
        if tag != "equal":
            yield from _around(old, new, at, i, j)
            yield from _changed(old, new, opcode)
            at = i_end
    yield from _tail(old, new, at)


def _opcodes(old: list[str], new: list[str]) -> Iterator[Opcode]:
    """Yield the opcodes of `SequenceMatcher` for the lines between the first and the last difference."""
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    inner_old, inner_new = old[head : len(old) - tail], new[head : len(new) - tail]
    if max(len(inner_old), len(inner_new)) > MOST_MATCHED:
        yield "replace", head, len(old) - tail, head, len(new) - tail
        return
    for tag, i, i_end, j, j_end in SequenceMatcher(None, inner_old, inner_new).get_opcodes():
        yield tag, head + i, head + i_end, head + j, head + j_end


def _common(old: Sequence[str], new: Sequence[str]) -> int:
    """Return how many items, or characters, two beginnings share."""
    return next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))


def _around(old: list[str], new: list[str], start: int, end: int, new_end: int) -> Iterator[DiffRow]:
    """Yield the same lines from `start` to `end` of the left side, which end at `new_end` on the right."""
    shift = new_end - end
    # Before the first change, only the lines just above it are shown.
    resume = max(end - CONTEXT, start)
    pause = min(start + CONTEXT, resume) if start else 0
    yield from _same(old, start, pause, shift)
    if resume > pause:
        yield DiffRow(kind=LineChange.GAP, skipped=resume - pause)
    yield from _same(old, resume, end, shift)


def _tail(old: list[str], new: list[str], start: int) -> Iterator[DiffRow]:
    end = min(start + CONTEXT, len(old))
    yield from _same(old, start, end, len(new) - len(old))
    if end < len(old):
        yield DiffRow(kind=LineChange.GAP, skipped=len(old) - end)


def _same(old: list[str], start: int, end: int, shift: int) -> Iterator[DiffRow]:
    for i in range(start, end):
        left, right = Side(number=i + 1, before=old[i]), Side(number=i + 1 + shift, before=old[i])
        yield DiffRow(kind=LineChange.SAME, left=left, right=right)


def _changed(old: list[str], new: list[str], opcode: Opcode) -> Iterator[DiffRow]:
    _, i, i_end, j, j_end = opcode
    for left, right in zip_longest(range(i, i_end), range(j, j_end)):
        if right is None:
            yield DiffRow(kind=LineChange.REMOVED, left=Side(number=left + 1, middle=old[left]))
        elif left is None:
            yield DiffRow(kind=LineChange.ADDED, right=Side(number=right + 1, middle=new[right]))
        else:
            yield _pair(old[left], new[right], left + 1, right + 1)


def _pair(old: str, new: str, left: int, right: int) -> DiffRow:
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    return DiffRow(kind=LineChange.CHANGED, left=_side(old, head, tail, left), right=_side(new, head, tail, right))


def _side(line: str, head: int, tail: int, number: int) -> Side:
    end = len(line) - tail
    return Side(number=number, before=line[:head], middle=line[head:end], after=line[end:])
