"""Curves: the numbers of an answer beside the reference, as data for a chart and as a table."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

MAX_LINES = 24
MAX_POINTS = 1000
# The chart shows every number, the table only so many, evenly spread.
TABLE_ROWS = 40

Numbers = list[float | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Curve:
    """One curve of the chart; a value is None if it is not finite. Curves of the reference are dashed.

    `of` is what it shows: yours and the reference have the same `of`, and so the same colour.
    """

    name: str
    of: str
    values: Numbers
    dashed: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Curves:
    """The curves of one public case."""

    case: str
    title: str
    curves: Sequence[Curve]

    @property
    def length(self) -> int:
        """How many points the longest curve has."""
        return max(len(curve.values) for curve in self.curves)

    @property
    def chart(self) -> dict[str, Any]:
        """The data for the page's script."""
        series = [
            {"name": curve.name, "of": curve.of, "values": curve.values, "dashed": curve.dashed}
            for curve in self.curves
        ]
        titles = {"x": "Step", "y": self.title}
        return {"kind": "line", "fine": True, "categories": list(range(self.length)), "series": series} | titles

    @property
    def description(self) -> str:
        """The curves in words: where each begins and ends."""
        return "; ".join(filter(None, map(_in_words, self.curves)))

    @property
    def table(self) -> list[tuple[int, Numbers]]:
        """Rows of (place, the number of each curve there), evenly spread."""
        places = range(0, self.length, math.ceil(self.length / TABLE_ROWS))
        return [(place, [_at(curve.values, place) for curve in self.curves]) for place in places]

    @property
    def partial(self) -> bool:
        """Whether the table leaves numbers out."""
        return self.length > TABLE_ROWS

    @classmethod
    def read(cls, attachment: Mapping[str, Any]) -> Self | None:
        """Return the curves of an attachment; None if there are none."""
        match attachment:
            case {"case": str(case), "title": str(title), "series": list(series)}:
                curves = [curve for one in series for curve in _curves(one)][:MAX_LINES]
                return cls(case=case, title=title, curves=curves) if curves else None
        return None


def _curves(one: Any) -> Iterable[Curve]:
    match one:
        case {"name": str(name), "yours": list(yours), "reference": list(reference)}:
            if yours:
                yield Curve(name=f"{name}, yours", of=name, values=_numbers(yours), dashed=False)
            if reference:
                yield Curve(name=f"{name}, reference", of=name, values=_numbers(reference), dashed=True)


def _in_words(curve: Curve) -> str:
    known = [value for value in curve.values if value is not None]
    return f"{curve.name}: from {known[0]:.4g} to {known[-1]:.4g}" if known else ""


def _numbers(numbers: list[Any]) -> Numbers:
    return [
        number if type(number) in (int, float) and math.isfinite(number) else None for number in numbers[:MAX_POINTS]
    ]


def _at(values: Numbers, place: int) -> float | None:
    return values[place] if place < len(values) else None
