"""Judging a figure by what the harness saw of it: lines, rows and labels. Nobody looks at the picture.

What was seen comes from beside the learner's code, so its shape is checked before it is believed. A figure that shows
its data by other means than lines and rows of colours cannot be counted here, and then the message says so.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from grader.checks.trials import Trial


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """What a figure shows: points per line, rows per picture, and the labels of its axes.

    `others` counts what is drawn by other means: bars, filled areas, clouds of points.
    """

    lines: tuple[int, ...]
    rows: tuple[int, ...]
    others: int
    xlabels: tuple[str, ...]
    ylabels: tuple[str, ...]


def figure_of(trial: Trial) -> Figure:
    """Return what the probe `figure` saw, or raise Failed where the entry returned something else than a figure."""
    seen = trial.returned()
    drawn = isinstance(seen, Mapping) and isinstance(seen.get("axes"), list)
    trial.require(drawn, "not_figure", entry=trial.case.entry)
    return _read(seen)


def shows_lines(trial: Trial, lengths: Iterable[int]) -> None:
    """Raise Failed unless the figure has, for each length, a line of as many points; other lines do not matter."""
    figure, wanted = figure_of(trial), Counter(lengths)
    missing = wanted - Counter(figure.lines)
    trial.require(not missing or bool(figure.lines) or not figure.others, "cannot_count", wanted=wanted.total())
    trial.require(len(figure.lines) >= wanted.total(), "wrong_lines", got=len(figure.lines), expected=wanted.total())
    trial.require(not missing, "wrong_points", missing=missing.total(), expected=", ".join(map(str, sorted(wanted))))


def shows_parts(trial: Trial, parts: int, *, points: int) -> None:
    """Raise Failed unless the figure shows each part as a line of that many points, or as a row of one picture."""
    figure = figure_of(trial)
    if figure.rows and not figure.lines:
        trial.require(parts in figure.rows, "wrong_rows", got=figure.rows[0], expected=parts)
    elif parts not in figure.rows:
        shows_lines(trial, [points] * parts)


def is_labelled(trial: Trial) -> None:
    """Raise Failed unless some horizontal and some vertical axis of the figure has a label."""
    figure = figure_of(trial)
    trial.require(bool(figure.xlabels), "unlabelled", axis="horizontal")
    trial.require(bool(figure.ylabels), "unlabelled", axis="vertical")


def _read(seen: Mapping[str, Any]) -> Figure:
    axes = [part for part in seen["axes"] if isinstance(part, Mapping)]
    lines = [line for part in axes for line in _items(part, "lines") if isinstance(line, Mapping)]
    return Figure(
        lines=tuple(line["points"] for line in lines if isinstance(line.get("points"), int)),
        rows=tuple(row for part in axes for row in _items(part, "rows") if isinstance(row, int)),
        others=sum(_number(part, "patches") + _number(part, "collections") for part in axes),
        xlabels=tuple(_strings(part.get("xlabel") for part in [seen, *axes])),
        ylabels=tuple(_strings(part.get("ylabel") for part in [seen, *axes])),
    )


def _items(part: Mapping[str, Any], key: str) -> list[Any]:
    value = part.get(key)
    return value if isinstance(value, list) else []


def _number(part: Mapping[str, Any], key: str) -> int:
    value = part.get(key)
    return value if isinstance(value, int) else 0


def _strings(values: Iterable[Any]) -> Iterator[str]:
    return (value for value in values if isinstance(value, str) and value.strip())
