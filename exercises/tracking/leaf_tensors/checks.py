"""The checks of `make_leaf`: first the numbers, then the properties of the tensor."""

import torch
from torch import Tensor

from grader.authoring import Tolerance, Trial, check, compare

ROUNDED = Tolerance(rtol=1e-6, atol=1e-9)  # accepts float32 values too: another check tests the dtype


@check(points=1, partial=False)
def runs(trial: Trial) -> None:
    """`make_leaf` runs and returns something"""
    trial.returned()


@check(points=2, gradient=False)
def holds_the_numbers(trial: Trial) -> None:
    """The result holds the numbers of the list"""
    got = trial.returned()
    trial.require(isinstance(got, Tensor), "not_a_tensor", entry=trial.case.entry)
    compare(got.to(torch.float64), trial.truth.to(torch.float64), ROUNDED)


@check(points=1, after="holds_the_numbers", gradient=False)
def is_float32(trial: Trial) -> None:
    """Its dtype is float32"""
    dtype = trial.value.dtype
    trial.require(dtype is torch.float32, "not_float32", got=str(dtype).removeprefix("torch."))


@check(points=4, after="holds_the_numbers")
def is_tracked(trial: Trial) -> None:
    """It requires grad"""
    trial.require(trial.seen.facts[""].requires_grad, "not_tracked")


@check(points=2, after="is_tracked")
def is_leaf(trial: Trial) -> None:
    """It is a leaf"""
    trial.require(trial.seen.facts[""].is_leaf, "not_leaf")
