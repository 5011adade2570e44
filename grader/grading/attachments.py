"""What the page shows beside the findings: figures, autograd graphs and curves of the learner's public cases.

{"kind": "graph", "case", "graph", "cut_off": [names]}
                                        the autograd graph of the result, as `grader.harness.child.graph` walks it, and the
                                        arguments that it does not reach
{"kind": "figure", "case", "png"}       a picture, base64
{"kind": "series", "case", "title", "series": [{"name", "yours": [...], "reference": [...]}]}
                                        numbers to draw side by side; null where a number is not finite, and "yours" is
                                        empty where that part of the answer is missing or has another shape
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from grader.checks.compare import as_floats
from grader.checks.trials import Trial
from grader.grading.exercise import Exercise
from grader.grading.images import reencoded
from grader.packages.cases import Floats
from grader.sandboxes.base import Observation

MAX_EXHIBITS = 6
MAX_LINES = 12
MAX_POINTS = 400


def attachments_of(exercise: Exercise, trials: Sequence[Trial]) -> list[dict[str, Any]]:
    """Return what the page shows of the public cases that were answered, bounded."""
    public = [(trial, trial.observation) for trial in trials if trial.case.public]
    answered = [(trial, observation) for trial, observation in public if observation is not None]
    return [exhibit for pair in answered for exhibit in _of(exercise, *pair)][:MAX_EXHIBITS]


def _of(exercise: Exercise, trial: Trial, observation: Observation) -> Iterator[dict[str, Any]]:
    if observation.graph is not None:
        cut_off = _cut_off(trial, observation.value)
        yield {"kind": "graph", "case": trial.case.name, "graph": observation.graph, "cut_off": cut_off}
    png = reencoded(observation.value.get("png")) if isinstance(observation.value, dict) else None
    if png is not None:
        yield {"kind": "figure", "case": trial.case.name, "png": png}
    yield from _series(exercise, trial, observation.value)


def _cut_off(trial: Trial, value: Any) -> list[str]:
    """The names of the tracked arguments to which no path leads from the result."""
    gradients = value.get("gradients") if isinstance(value, dict) else None
    tracked = [i for i, arg in enumerate(trial.case.args) if isinstance(arg, Tensor) and arg.requires_grad]
    if not isinstance(gradients, list) or len(gradients) != len(tracked):
        return []
    names = dict(enumerate(trial.argument_names))
    return [names.get(i, f"argument {i + 1}") for i, g in zip(tracked, gradients, strict=True) if g is None]


def _series(exercise: Exercise, trial: Trial, value: Any) -> Iterator[dict[str, Any]]:
    """The curves of the answer beside those of the truth, where the package draws any."""
    reference = exercise.chart(trial.case, trial.truth)
    if reference is None:
        return
    usable = _usable(value, trial.truth)
    yours = exercise.chart(trial.case, usable) if usable else None
    lines = yours.lines if yours else {}
    series = [
        {"name": name, "yours": _points(lines.get(name, ())), "reference": _points(numbers)}
        for name, numbers in list(reference.lines.items())[:MAX_LINES]
    ]
    yield {"kind": "series", "case": trial.case.name, "title": reference.title, "series": series}


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
    """Return at most `MAX_POINTS` of the numbers, evenly spread, to six digits."""
    stride = math.ceil(len(numbers) / MAX_POINTS) or 1
    return [float(f"{number:.6g}") if math.isfinite(number) else None for number in numbers[::stride]]
