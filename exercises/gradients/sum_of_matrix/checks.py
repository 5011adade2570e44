"""The checks of the three functions."""

from torch import Tensor

from grader.authoring import Trial, check


@check(points=1, partial=False)
def runs(trial: Trial) -> None:
    """Every function runs and returns something"""
    trial.returned()


@check(points=1, on="make_matrix")
def matrix_is_tracked(trial: Trial) -> None:
    """`make_matrix` returns a 3x3 matrix that is tracked"""
    matrix, facts = trial.returned(), trial.seen.facts.get("")
    right = isinstance(matrix, Tensor) and matrix.shape == (3, 3) and matrix.is_floating_point()
    trial.require(right, "not_a_matrix")
    trial.require(facts is not None and facts.requires_grad, "not_tracked")


@check(points=2, on="gradient_of_sum")
def gradient_of_plain_sum(trial: Trial) -> None:
    """`gradient_of_sum` is the gradient of the sum of the entries"""
    trial.agrees()


@check(points=6, on="gradient_of_sum_of")
def gradient_of_any_sum(trial: Trial) -> None:
    """`gradient_of_sum_of` agrees with autograd for every function"""
    trial.agrees()
