"""Check a trained classifier by its logits on held-out points. Only the reference knows their labels."""

import torch
from torch import Tensor

from grader.checks.show import percents_apart
from grader.checks.trials import Trial
from grader.harness.child.probes import NOT_CALLABLE


def classifies(trial: Trial, *, needed: float) -> None:
    """Raise Failed unless the model classifies at least that share of the probe `predict`'s points correctly.

    The trial's truth holds the labels (points,), int64. The answer must be finite logits (points, classes) of any
    floating-point type.
    """
    labels: Tensor = trial.truth
    logits = logits_of(trial, classes=int(trial.case.args[2]))
    predicted = logits.argmax(dim=1)
    trial.require(len(labels) < 2 or bool((predicted != predicted[0]).any()), "one_class_only")
    accuracy = float((predicted == labels).double().mean())
    share, least = percents_apart(accuracy, needed)
    trial.require(accuracy >= needed, "low_accuracy", accuracy=share, needed=least)


def logits_of(trial: Trial, *, classes: int) -> Tensor:
    """Return the logits (points, classes) of the trial. Raises Failed if its value is anything else."""
    value = trial.returned()
    trial.require(not isinstance(value, str) or value != NOT_CALLABLE, "not_callable", entry=trial.case.entry)
    points = len(trial.case.options["points"])
    right = isinstance(value, Tensor) and value.shape == (points, classes) and value.is_floating_point()
    trial.require(right, "not_logits", got=_shape(value), expected=f"({points}, {classes})")
    trial.require(bool(torch.isfinite(value).all()), "not_finite", where="The logits")
    assert isinstance(value, Tensor)
    return value


def _shape(value: object) -> str:
    return f"has shape {tuple(value.shape)}" if isinstance(value, Tensor) else "is no tensor"
