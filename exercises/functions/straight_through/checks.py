"""The checks of `quantize`: the values, then the gradient."""

from torch import Tensor

from grader.authoring import Trial, check


@check(points=1, partial=False)
def runs(trial: Trial) -> None:
    """`quantize` runs and returns a tensor"""
    result = trial.returned()
    trial.require(
        isinstance(result, dict) and isinstance(result.get("value"), Tensor), "not_a_tensor", entry="quantize"
    )


@check(points=4, after="runs", gradient=False)
def values(trial: Trial) -> None:
    """Each entry goes to the nearest level"""
    trial.agrees(part="value")


@check(points=5, after="values")
def gradient(trial: Trial) -> None:
    """The gradient goes straight through"""
    trial.agrees(part="gradients")
