"""General hypotheses: ways in which any answer, or any gradient, can be wrong.

They are written so that no two of them fit the same numbers. If two fit all the same, nothing is reported.
"""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from grader.checks.compare import is_close
from grader.checks.factors import factors
from grader.checks.failed_trial import (
    TIGHT_SINGLE,
    Diagnosis,
    FailedTrial,
    Hypothesis,
    every_wrong,
    fit,
    fits,
    pairs_of,
)
from grader.harness.child.functions import build
from grader.harness.wire.values import Function
from grader.packages.manifest import Tolerance

LARGE, SMALL = 2e-3, 2e-7
"""The range of errors of a numerical derivative; a smaller error can come from single precision somewhere inside."""

ROUNDING = Tolerance(rtol=4e-16, atol=1e-300)
"""The rounding error of one multiplication in double precision."""

# On any value


def swapped(failed: Sequence[FailedTrial]) -> Diagnosis | None:
    """Return `wrong_order` if each whole answer has the right parts and only their places are wrong; else None."""
    fitting = all(trial.whole is not None and _parts_permuted(*trial.whole) for trial in failed)
    return Diagnosis(id="wrong_order") if fitting else None


def _wrong_order(failed: Sequence[FailedTrial]) -> Diagnosis | None:
    return Diagnosis(id="wrong_order") if all(_is_permuted(trial) for trial in failed) else None


def _is_permuted(trial: FailedTrial) -> bool:
    if isinstance(trial.expected, tuple | list) and isinstance(trial.got, type(trial.expected)):
        return len(trial.expected) > 1 and _parts_permuted(trial.got, trial.expected)
    return bool(trial.wrong) and all(_entries_permuted(got, expected) for got, expected in trial.wrong)


def _parts_permuted(got: Any, expected: Any) -> bool:
    """Whether each part of one is exactly one part of the other, and not all of them are in their places."""
    if not isinstance(expected, tuple | list) or type(got) is not type(expected) or len(got) != len(expected):
        return False
    places = [[i for i, part in enumerate(expected) if fits(value, part)] for value in got]
    right = [[i] for i in range(len(got))]
    return places != right and sorted(places) == right


def _entries_permuted(got: Tensor, expected: Tensor) -> bool:
    if got.shape != expected.shape or expected.numel() < 3 or _is_transposed(got, expected):
        return False
    a, b = got.double().reshape(-1).sort().values, expected.double().reshape(-1).sort().values
    distinct = 1 + int((b.diff() > 1e-6 * b.abs().max()).sum())
    return distinct > max(2, len(b) / 2) and fit(a, b)  # ones and zeros are often a permutation of each other by chance


def _low_precision(failed: Sequence[FailedTrial]) -> Diagnosis | None:
    fitting = all(_is_rounded(trial) for trial in failed)
    return Diagnosis(id="low_precision") if fitting else _single_for_double(failed)


def _is_rounded(trial: FailedTrial) -> bool:
    """Whether the result, or its inputs, were rounded to single precision and widened again."""
    wrong = trial.wrong
    return (
        bool(wrong)
        and all(got.dtype == expected.dtype == torch.float64 for got, expected in wrong)
        and all(is_close(got, expected, TIGHT_SINGLE) for got, expected in wrong)
        and (all(_is_single(got, trial.numbers) for got, _ in wrong) or fits(trial.got, trial.rounded()))
    )


def _is_single(got: Tensor, numbers: Sequence[float]) -> bool:
    """Whether float64 values are single-precision numbers, or such numbers times one of the call's numbers."""
    singles = [got / number for number in (1.0, 3.0, *numbers) if number]
    return any(is_close(single.float().double(), single, ROUNDING) for single in singles)


def _single_for_double(failed: Sequence[FailedTrial]) -> Diagnosis | None:
    """Return `low_precision` if all values are right, but float32 instead of float64."""
    for trial in failed:
        pairs = pairs_of(trial.got, trial.expected)
        tensors = [(a, b) for a, b in pairs if isinstance(a, Tensor) and isinstance(b, Tensor)]
        single = any(a.dtype == torch.float32 and b.dtype == torch.float64 for a, b in tensors)
        if not single or len(tensors) != len(pairs) or not all(fit(a, b) for a, b in tensors):
            return None
    return Diagnosis(id="low_precision")


# On gradients


def _zero(failed: Sequence[FailedTrial]) -> Diagnosis | None:
    return every_wrong(failed, "zero_gradient", lambda got, expected: not got.any() and bool(expected.any()))


def _transposed(failed: Sequence[FailedTrial]) -> Diagnosis | None:
    return every_wrong(failed, "transposed", _is_transposed)


def _is_transposed(got: Tensor, expected: Tensor) -> bool:
    return expected.dim() == 2 and got.dim() == 2 and fit(got.T, expected) and not fit(expected.T, expected)


def _summed(failed: Sequence[FailedTrial]) -> Diagnosis | None:
    fewer = any(got.numel() < expected.numel() for trial in failed for got, expected in trial.wrong)
    return every_wrong(failed, "summed_over_batch", _is_summed) if fewer else None


def _is_summed(got: Tensor, expected: Tensor) -> bool:
    totals = [*(expected.sum(dim) for dim in range(expected.dim())), expected.sum()]
    return got.shape != expected.shape and any(
        got.numel() == total.numel() and fit(got.reshape(-1), total.reshape(-1)) for total in totals
    )


def _broadcast(failed: Sequence[FailedTrial]) -> Diagnosis | None:
    return every_wrong(failed, "broadcast", _is_broadcast)


def _is_broadcast(got: Tensor, expected: Tensor) -> bool:
    if expected.dim() < 2 or got.shape != expected.shape:
        return False
    return any(
        expected.shape[dim] > 1 and fit(got, expected.sum(dim, keepdim=True).expand_as(expected))
        for dim in range(expected.dim())
    )


def _value(failed: Sequence[FailedTrial]) -> Diagnosis | None:
    return Diagnosis(id="value_not_gradient") if all(_is_value(trial) for trial in failed) else None


def _is_value(trial: FailedTrial) -> bool:
    function = next((arg for arg in trial.args if isinstance(arg, Function)), None)
    x = next((arg for arg in trial.args if isinstance(arg, Tensor)), None)
    if function is None or x is None or not isinstance(trial.got, Tensor):
        return False
    try:
        value = build(function)(x).detach()
    except (RuntimeError, IndexError):
        return False  # f takes one point, and x holds several
    return fit(trial.got.reshape(-1), value.reshape(-1))


def _finite_differences(failed: Sequence[FailedTrial]) -> Diagnosis | None:
    """Test if the error is that of a numerical derivative: small relative to the gradient, larger than rounding."""
    if _low_precision(failed):
        return None
    errors = [_error(got, expected) for trial in failed for got, expected in trial.wrong]
    numerical = every_wrong(failed, "finite_differences", lambda got, expected: _error(got, expected) < LARGE)
    return numerical if numerical and max(errors) > SMALL else None


def _error(got: Tensor, expected: Tensor) -> float:
    """Return the largest error relative to the largest entry; infinity if the two cannot be compared."""
    if got.shape != expected.shape or got.dtype != torch.float64 or not expected.any():
        return math.inf
    return float((got - expected).abs().max() / expected.abs().max())


GENERAL: tuple[Hypothesis, ...] = (_wrong_order, _low_precision)
GRADIENT: tuple[Hypothesis, ...] = (
    _zero,
    _transposed,
    _summed,
    _broadcast,
    _value,
    _finite_differences,
    factors,
)
