"""Check a figure by the facts that the harness collects: lines, rows and labels. The picture itself is not checked.

The facts come from the process that runs the learner's code, so their types are checked before they are used. If a
figure shows its data in another way than by lines or rows of colours, it cannot be counted, and the message says so.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from grader.checks.trials import Trial


@dataclass(frozen=True, kw_only=True, slots=True)
class FigureFacts:
    """What a figure contains: points per line, rows per image, and the labels of its axes.

    `others` counts everything else that is drawn: bars, filled areas, scatter plots.
    """

    lines: tuple[int, ...]
    rows: tuple[int, ...]
    others: int
    xlabels: tuple[str, ...]
    ylabels: tuple[str, ...]


def figure_of(trial: Trial) -> FigureFacts:
    """Return the facts that the probe `figure` collected. Raises Failed if the entry did not return a figure."""
    seen = trial.returned()
    drawn = isinstance(seen, Mapping) and isinstance(seen.get("axes"), list)
    trial.require(drawn, "not_figure", entry=trial.case.entry)
    return _read(seen)


def shows_lines(trial: Trial, lengths: Iterable[int]) -> None:
    """Raise Failed unless the figure has a line of that many points for each length. Other lines do not matter."""
    figure, wanted = figure_of(trial), Counter(lengths)
    missing = wanted - Counter(figure.lines)
    trial.require(not missing or bool(figure.lines) or not figure.others, "cannot_count", wanted=wanted.total())
    trial.require(len(figure.lines) >= wanted.total(), "wrong_lines", got=len(figure.lines), expected=wanted.total())
    trial.require(not missing, "wrong_points", missing=missing.total(), expected=", ".join(map(str, sorted(wanted))))


def shows_parts(trial: Trial, parts: int, *, points: int) -> None:
    """Raise Failed unless the figure shows each part as a line of that many points, or as a row of one image."""
    figure = figure_of(trial)
    if figure.rows and not figure.lines:
        trial.require(parts in figure.rows, "wrong_rows", got=figure.rows[0], expected=parts)
    elif parts not in figure.rows:
        shows_lines(trial, [points] * parts)


def is_labelled(trial: Trial) -> None:
    """Raise Failed unless at least one horizontal and one vertical axis of the figure have a label."""
    figure = figure_of(trial)
    trial.require(bool(figure.xlabels), "unlabelled", axis="horizontal")
    trial.require(bool(figure.ylabels), "unlabelled", axis="vertical")


def _read(seen: Mapping[str, Any]) -> FigureFacts:
    axes = [part for part in seen["axes"] if isinstance(part, Mapping)]
    lines = [line for part in axes for line in _items(part, "lines") if isinstance(line, Mapping)]
    return FigureFacts(
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
