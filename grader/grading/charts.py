"""The curves of an answer to a public case, beside those of the truth."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from grader.checks.compare import as_floats
from grader.checks.trials import Trial
from grader.grading.author import MAX_CURVE_POINTS, MAX_CURVES
from grader.grading.exercise import Exercise
from grader.packages.cases import Floats
from grader.protocol.reports import CurveAttachment, SeriesAttachment


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
    usable = _usable(value, trial.truth)
    yours = exercise.chart(trial.case, usable) if usable else None
    lines = yours.lines if yours else {}
    series: list[CurveAttachment] = [
        {"name": name, "yours": _points(lines.get(name, ())), "reference": _points(numbers)}
        for name, numbers in list(reference.lines.items())[:MAX_CURVES]
    ]
    return {"kind": "series", "case": trial.case.name, "title": reference.title, "series": series}


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
