"""Check a figure by what the harness collects of it: the numbers of its lines and images, and its labels.

The picture itself is not checked. What a line or a row shows is compared with the data that was to be drawn, so a
figure of other numbers is worth nothing. The facts come from the process that runs the learner's code, so their types
are checked before they are used. If a figure shows its data in another way than by lines or rows of colours, it cannot
be counted, and the message says so.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from grader.checks.trials import Trial

_RTOL, _ATOL = 1e-4, 1e-6  # relative to the largest number of a curve: what float32 and a colour map keep
_LOGARITHMS = (torch.log, torch.log10, torch.log2, torch.log1p)
_SMALLEST = 1e-300


@dataclass(frozen=True, kw_only=True, slots=True)
class DrawnLine:
    """The points of a line, as 1-D float64 tensors of one length."""

    x: Tensor
    y: Tensor


@dataclass(frozen=True, kw_only=True, slots=True)
class FigureFacts:
    """What a figure contains: its lines, its images as matrices, and the labels of its axes.

    `others` counts everything else that is drawn: bars, filled areas, scatter plots.
    """

    lines: tuple[DrawnLine, ...]
    images: tuple[Tensor, ...]
    others: int
    xlabels: tuple[str, ...]
    ylabels: tuple[str, ...]


def figure_of(trial: Trial) -> FigureFacts:
    """Return the facts that the probe `figure` collected. Raises Failed if the entry did not return a figure."""
    seen = trial.returned()
    drawn = isinstance(seen, Mapping) and isinstance(seen.get("axes"), list)
    trial.require(drawn, "not_figure", entry=trial.case.entry)
    return _read(seen)


def shows_lines(trial: Trial, curves: Mapping[str, Tensor]) -> None:
    """Raise Failed unless the figure has a line for each curve, through all its numbers, or their logarithms.

    Other lines do not matter. Horizontally, a line must go from left to right.
    """
    figure = figure_of(trial)
    wanted = [values.numel() for values in curves.values()]
    lengths = [line.y.numel() for line in figure.lines]
    trial.require(bool(lengths) or not figure.others, "cannot_count", wanted=len(wanted))
    trial.require(len(lengths) >= len(wanted), "wrong_lines", got=len(lengths), expected=len(wanted))
    missing = sum(max(0, wanted.count(length) - lengths.count(length)) for length in set(wanted))
    trial.require(not missing, "wrong_points", missing=missing, expected=", ".join(map(str, sorted(wanted))))
    ordered = [line.y for line in figure.lines if _goes_right(line.x)]
    _require_each(trial, curves, ordered, "wrong_curve")


def shows_parts(trial: Trial, parts: Mapping[str, Tensor]) -> None:
    """Raise Failed unless the figure shows each part as a line, or as a row of one image, with all its numbers."""
    figure = figure_of(trial)
    rows = [int(image.shape[0]) for image in figure.images]
    if rows and not figure.lines:
        trial.require(len(parts) in rows, "wrong_rows", got=rows[0], expected=len(parts))
    if len(parts) in rows:
        fitting = next(image for image in figure.images if image.shape[0] == len(parts))
        _require_each(trial, parts, list(fitting), "wrong_row")
    else:
        shows_lines(trial, parts)


def is_labelled(trial: Trial) -> None:
    """Raise Failed unless at least one horizontal and one vertical axis of the figure have a label."""
    figure = figure_of(trial)
    trial.require(bool(figure.xlabels), "unlabelled", axis="horizontal")
    trial.require(bool(figure.ylabels), "unlabelled", axis="vertical")


def _require_each(trial: Trial, curves: Mapping[str, Tensor], drawn: Sequence[Tensor], message: str) -> None:
    """Raise Failed unless each curve is drawn, each by a line or row of its own."""
    left = list(drawn)
    for name, values in curves.items():
        found = next((i for i, numbers in enumerate(left) if _shows(numbers, values.reshape(-1))), None)
        trial.require(found is not None, message, name=name)
        del left[found or 0]


def _shows(drawn: Tensor, values: Tensor) -> bool:
    """Whether these are the numbers of a curve, or their logarithms to any usual base."""
    wanted = values.detach().to(torch.float64)
    return _close(drawn, wanted) or any(_close(drawn, log(wanted.clamp_min(_SMALLEST))) for log in _LOGARITHMS)


def _close(drawn: Tensor, wanted: Tensor) -> bool:
    if drawn.shape != wanted.shape or not torch.isfinite(drawn).all():
        return False
    largest = wanted.abs().max().item() if wanted.numel() else 0.0
    return bool(((drawn - wanted).abs() <= _ATOL + _RTOL * largest).all())


def _goes_right(x: Tensor) -> bool:
    return bool((x.diff() > 0).all())


def _read(seen: Mapping[str, Any]) -> FigureFacts:
    axes = [part for part in seen["axes"] if isinstance(part, Mapping)]
    lines = [line for part in axes for line in _items(part, "lines") if isinstance(line, Mapping)]
    return FigureFacts(
        lines=tuple(found for line in lines if (found := _drawn(line.get("x"), line.get("y"))) is not None),
        images=tuple(image for part in axes for image in _items(part, "images") if _is_numbers(image, dimensions=2)),
        others=sum(_number(part, "patches") + _number(part, "collections") for part in axes),
        xlabels=tuple(_strings(part.get("xlabel") for part in [seen, *axes])),
        ylabels=tuple(_strings(part.get("ylabel") for part in [seen, *axes])),
    )


def _drawn(x: Any, y: Any) -> DrawnLine | None:
    if _is_numbers(x, dimensions=1) and _is_numbers(y, dimensions=1) and x.shape == y.shape:
        return DrawnLine(x=x, y=y)
    return None


def _is_numbers(value: Any, *, dimensions: int) -> bool:
    return isinstance(value, Tensor) and value.dtype == torch.float64 and value.dim() == dimensions


def _items(part: Mapping[str, Any], key: str) -> list[Any]:
    value = part.get(key)
    return value if isinstance(value, list) else []


def _number(part: Mapping[str, Any], key: str) -> int:
    value = part.get(key)
    return value if isinstance(value, int) else 0


def _strings(values: Iterable[Any]) -> Iterator[str]:
    return (value for value in values if isinstance(value, str) and value.strip())
