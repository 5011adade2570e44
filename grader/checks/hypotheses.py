"""General hypotheses: ways in which any answer, or any gradient, may be wrong.

They are made so that no two of them fit the same numbers; where two do all the same, nothing is said.
"""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from grader.checks.compare import is_close
from grader.checks.factors import factors
from grader.checks.sample import TIGHT_SINGLE, Diagnosis, Hypothesis, Sample, every_wrong, fit, fits, pairs_of
from grader.harness.child.functions import build
from grader.harness.wire.values import Function
from grader.packages.manifest import Tolerance

LARGE, SMALL = 2e-3, 2e-7
"""The errors that differences of function values have; a smaller one may be single precision's, somewhere inside."""

ROUNDING = Tolerance(rtol=4e-16, atol=1e-300)
"""What one multiplication in double precision leaves."""

# On any value


def swapped(samples: Sequence[Sample]) -> Diagnosis | None:
    """Say so where each answer as a whole has the right parts, and only their places are wrong."""
    fitting = all(sample.whole is not None and _parts_permuted(*sample.whole) for sample in samples)
    return Diagnosis(id="wrong_order") if fitting else None


def _wrong_order(samples: Sequence[Sample]) -> Diagnosis | None:
    return Diagnosis(id="wrong_order") if all(_is_permuted(sample) for sample in samples) else None


def _is_permuted(sample: Sample) -> bool:
    if isinstance(sample.expected, tuple | list) and isinstance(sample.got, type(sample.expected)):
        return len(sample.expected) > 1 and _parts_permuted(sample.got, sample.expected)
    return bool(sample.wrong) and all(_entries_permuted(got, expected) for got, expected in sample.wrong)


def _parts_permuted(got: Any, expected: Any) -> bool:
    """Whether each part of one is exactly one part of the other, though not in its place."""
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
    return distinct > max(2, len(b) / 2) and fit(a, b)  # ones and zeros are soon a permutation of one another


def _low_precision(samples: Sequence[Sample]) -> Diagnosis | None:
    fitting = all(_is_rounded(sample) for sample in samples)
    return Diagnosis(id="low_precision") if fitting else _single_for_double(samples)


def _is_rounded(sample: Sample) -> bool:
    """Whether the result, or what it was computed from, was rounded to single precision and widened again."""
    wrong = sample.wrong
    return (
        bool(wrong)
        and all(got.dtype == expected.dtype == torch.float64 for got, expected in wrong)
        and all(is_close(got, expected, TIGHT_SINGLE) for got, expected in wrong)
        and (all(_is_single(got, sample.numbers) for got, _ in wrong) or fits(sample.got, sample.rounded()))
    )


def _is_single(got: Tensor, numbers: Sequence[float]) -> bool:
    """Whether float64 values are numbers of single precision, perhaps times one of the call's numbers."""
    singles = [got / number for number in (1.0, 3.0, *numbers) if number]
    return any(is_close(single.float().double(), single, ROUNDING) for single in singles)


def _single_for_double(samples: Sequence[Sample]) -> Diagnosis | None:
    """All values right, but float32 where float64 was asked for."""
    for sample in samples:
        pairs = pairs_of(sample.got, sample.expected)
        tensors = [(a, b) for a, b in pairs if isinstance(a, Tensor) and isinstance(b, Tensor)]
        single = any(a.dtype == torch.float32 and b.dtype == torch.float64 for a, b in tensors)
        if not single or len(tensors) != len(pairs) or not all(fit(a, b) for a, b in tensors):
            return None
    return Diagnosis(id="low_precision")


# On gradients


def _zero(samples: Sequence[Sample]) -> Diagnosis | None:
    return every_wrong(samples, "zero_gradient", lambda got, expected: not got.any() and bool(expected.any()))


def _transposed(samples: Sequence[Sample]) -> Diagnosis | None:
    return every_wrong(samples, "transposed", _is_transposed)


def _is_transposed(got: Tensor, expected: Tensor) -> bool:
    return expected.dim() == 2 and got.dim() == 2 and fit(got.T, expected) and not fit(expected.T, expected)


def _summed(samples: Sequence[Sample]) -> Diagnosis | None:
    fewer = any(got.numel() < expected.numel() for sample in samples for got, expected in sample.wrong)
    return every_wrong(samples, "summed_over_batch", _is_summed) if fewer else None


def _is_summed(got: Tensor, expected: Tensor) -> bool:
    totals = [*(expected.sum(dim) for dim in range(expected.dim())), expected.sum()]
    return got.shape != expected.shape and any(
        got.numel() == total.numel() and fit(got.reshape(-1), total.reshape(-1)) for total in totals
    )


def _broadcast(samples: Sequence[Sample]) -> Diagnosis | None:
    return every_wrong(samples, "broadcast", _is_broadcast)


def _is_broadcast(got: Tensor, expected: Tensor) -> bool:
    if expected.dim() < 2 or got.shape != expected.shape:
        return False
    return any(
        expected.shape[dim] > 1 and fit(got, expected.sum(dim, keepdim=True).expand_as(expected))
        for dim in range(expected.dim())
    )


def _value(samples: Sequence[Sample]) -> Diagnosis | None:
    return Diagnosis(id="value_not_gradient") if all(_is_value(sample) for sample in samples) else None


def _is_value(sample: Sample) -> bool:
    function = next((arg for arg in sample.args if isinstance(arg, Function)), None)
    x = next((arg for arg in sample.args if isinstance(arg, Tensor)), None)
    if function is None or x is None or not isinstance(sample.got, Tensor):
        return False
    try:
        value = build(function)(x).detach()
    except (RuntimeError, IndexError):
        return False  # f takes one point, and x holds many
    return fit(sample.got.reshape(-1), value.reshape(-1))


def _finite_differences(samples: Sequence[Sample]) -> Diagnosis | None:
    """The error has the size of a numerical derivative's: small beside the gradient, and not that of rounding."""
    if _low_precision(samples):
        return None
    errors = [_error(got, expected) for sample in samples for got, expected in sample.wrong]
    numerical = every_wrong(samples, "finite_differences", lambda got, expected: _error(got, expected) < LARGE)
    return numerical if numerical and max(errors) > SMALL else None


def _error(got: Tensor, expected: Tensor) -> float:
    """Return the largest error relative to the largest entry, infinity where there is none to speak of."""
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
