"""The curves of an answer to a public case, beside those of the truth."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
import torch
from torch import Tensor

from grader.checks.compare import as_floats
from grader.checks.trials import Trial
from grader.grading.author import MAX_CURVE_POINTS, MAX_CURVES
from grader.grading.exercise import Exercise
from grader.packages.cases import Floats
from grader.protocol.reports import CurveAttachment, SeriesAttachment

log = structlog.get_logger(__name__)


def charts_of(exercise: Exercise, trials: Sequence[Trial]) -> dict[int, SeriesAttachment]:
    """Return the curves of the public cases that were answered, by their positions, if the package draws any."""
    charts = {}
    for i, trial in enumerate(trials):
        if trial.case.public and trial.observation is not None:
            chart = _chart(exercise, trial, trial.observation.value)
            if chart is not None:
                charts[i] = chart
    return charts


def _chart(exercise: Exercise, trial: Trial, value: Any) -> SeriesAttachment | None:
    reference = exercise.chart(trial.case, trial.truth)
    if reference is None:
        return None
    names = list(reference.lines)[:MAX_CURVES]
    yours = _drawn(exercise, trial, value)
    series: list[CurveAttachment] = [
        {"name": name, "yours": yours.get(name, []), "reference": _points(reference.lines[name])} for name in names
    ]
    return {"kind": "series", "case": trial.case.name, "title": reference.title, "series": series}


def _drawn(exercise: Exercise, trial: Trial, value: Any) -> dict[str, list[float | None]]:
    """Return the curves of a learner's answer; none if they cannot be drawn, for any reason: only the truth's must be.

    The package's own code draws them, and it need not expect each value that a learner can return.
    """
    try:
        usable = _usable(value, trial.truth)
        chart = exercise.chart(trial.case, usable) if usable else None
        return {name: _points(numbers) for name, numbers in chart.lines.items()} if chart else {}
    except Exception as error:
        log.info("curves_not_drawn", exercise=exercise.slug, kind=type(error).__name__)
        return {}


def _usable(value: Any, truth: Mapping[str, Any]) -> dict[str, Any]:
    """Return those parts of an answer that have the kind and shape of the truth's."""
    if not isinstance(value, Mapping):
        return {}
    return {name: value[name] for name, part in truth.items() if name in value and _alike(value[name], part)}


def _alike(got: Any, expected: Any) -> bool:
    if isinstance(expected, Floats):
        got, expected = as_floats(got), torch.tensor(expected.values)
    if not isinstance(expected, Tensor):
        return type(got) is type(expected)
    return isinstance(got, Tensor) and got.shape == expected.shape and got.is_floating_point()


def _points(numbers: Sequence[float]) -> list[float | None]:
    """Return at most `MAX_CURVE_POINTS` of the numbers, evenly spread, to six digits."""
    stride = math.ceil(len(numbers) / MAX_CURVE_POINTS) or 1
    return [float(f"{number:.6g}") if math.isfinite(number) else None for number in numbers[::stride]]
