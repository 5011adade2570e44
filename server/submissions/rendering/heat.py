"""The heat map of a wrong tensor: how far each number is from the reference."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

LEVELS = 8
MAX_SQUARES = 400
# The example says as much as a smaller map.
LEAST_SQUARES = 4
LISTED = 20
# A vector longer than this is broken into rows.
LONGEST_ROW = 24
# In pixels: the height that a map does not exceed if its squares can be smaller, and the smallest square.
HIGHEST = 200
SMALLEST = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class TensorEntry:
    """One number of the tensor: its index, both values, and |yours - expected|."""

    index: str
    yours: float
    expected: float
    difference: float

    @property
    def description(self) -> str:
        """The entry in words."""
        return f"{self.index}: yours {self.yours:.4g}, expected {self.expected:.4g}"


@dataclass(frozen=True, kw_only=True, slots=True)
class HeatSquare:
    """A square of the map. `level` is 0 if the numbers agree, and `LEVELS` for the largest difference."""

    x: int
    y: int
    level: int
    entry: TensorEntry


@dataclass(frozen=True, kw_only=True, slots=True)
class HeatMap:
    """The map: its squares, their numbers per row and per column, and the entries that differ most."""

    shape: str
    columns: int
    rows: int
    squares: Sequence[HeatSquare]
    worst: Sequence[TensorEntry]

    @property
    def width(self) -> int:
        """How wide the map is drawn, in pixels; a small one gets larger squares."""
        return self.columns * self._square

    @property
    def height(self) -> int:
        """How high the map is drawn, in pixels."""
        return self.rows * self._square

    @property
    def _square(self) -> int:
        return min(40 if max(self.columns, self.rows) <= 6 else 24, max(HIGHEST // self.rows, SMALLEST))

    @property
    def wrong(self) -> int:
        """How many numbers differ."""
        return sum(square.level > 0 for square in self.squares)

    @property
    def shows_something(self) -> bool:
        """Whether the places of the differences tell more than that all numbers are wrong.

        They do if some numbers are right, or if the difference depends only on the row, or only on the column.
        """
        levels = [square.level for square in self.squares]
        if len(levels) < LEAST_SQUARES or len(set(levels)) == 1:
            return False
        lines = [levels[i : i + self.columns] for i in range(0, len(levels), self.columns)]
        rows_alike = self.rows > 1 and all(len(set(line)) == 1 for line in lines)
        columns_alike = self.columns > 1 and self.rows > 1 and all(line == lines[0] for line in lines)
        return 0 in levels or rows_alike or columns_alike

    @classmethod
    def read(cls, document: Any) -> Self | None:
        """Return the map of a finding's `evidence["heat_map"]`; None if there is no valid one."""
        match document:
            case {"shape": list(shape), "got": list(got), "expected": list(expected)} if _sound(shape, got, expected):
                return cls._of(
                    shape, [_entry(shape, i, *pair) for i, pair in enumerate(zip(got, expected, strict=True))]
                )
        return None

    @classmethod
    def _of(cls, shape: list[int], entries: list[TensorEntry]) -> Self:
        columns = shape[-1] if len(shape) > 1 else min(len(entries), LONGEST_ROW)
        most = max((entry.difference for entry in entries if math.isfinite(entry.difference)), default=0.0)
        squares = [
            HeatSquare(x=i % columns, y=i // columns, level=_level(entry.difference, most), entry=entry)
            for i, entry in enumerate(entries)
        ]
        wrong = [square.entry for square in squares if square.level]
        return cls(
            shape=_tuple(shape),
            columns=columns,
            rows=math.ceil(len(entries) / columns),
            squares=squares,
            worst=sorted(wrong, key=_badness, reverse=True)[:LISTED],
        )


def _sound(shape: list[Any], got: list[Any], expected: list[Any]) -> bool:
    if not shape or not all(type(size) is int and size > 0 for size in shape):
        return False
    fits = len(got) == len(expected) == math.prod(shape) <= MAX_SQUARES
    return fits and all(type(number) in (int, float) for number in [*got, *expected])


def _entry(shape: list[int], place: int, got: float, expected: float) -> TensorEntry:
    return TensorEntry(index=_index(shape, place), yours=got, expected=expected, difference=abs(got - expected))


def _index(shape: list[int], place: int) -> str:
    index = []
    for size in reversed(shape):
        place, rest = divmod(place, size)
        index.append(rest)
    return f"[{', '.join(map(str, reversed(index)))}]"


def _tuple(shape: list[int]) -> str:
    return str(tuple(shape))


def _badness(entry: TensorEntry) -> float:
    return entry.difference if math.isfinite(entry.difference) else math.inf


def _level(difference: float, most: float) -> int:
    if not math.isfinite(difference):
        return LEVELS
    # A difference far below the largest one is rounding, not a mistake.
    if difference <= 1e-9 * most:
        return 0
    return max(1, round(LEVELS * (difference / most)))
