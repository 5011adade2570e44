"""General hypotheses: ways in which any answer, or any gradient, may be wrong.

They are made so that no two of them fit the same numbers; where two do all the same, nothing is said.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from grader.checks.compare import is_close
from grader.checks.factors import factors
from grader.checks.sample import TIGHT_SINGLE, Diagnosis, Hypothesis, Sample, every_wrong, fit, fits, pairs_of
from grader.harness.functions import build
from grader.harness.wire import Function

# On any value


def _wrong_order(samples: Sequence[Sample]) -> Diagnosis | None:
    return Diagnosis(id="wrong_order") if all(_is_permuted(sample) for sample in samples) else None


def _is_permuted(sample: Sample) -> bool:
    if isinstance(sample.expected, tuple | list) and isinstance(sample.got, type(sample.expected)):
        return len(sample.got) == len(sample.expected) > 1 and _parts_permuted(sample.got, sample.expected)
    return bool(sample.wrong) and all(_entries_permuted(got, expected) for got, expected in sample.wrong)


def _parts_permuted(got: Sequence[Any], expected: Sequence[Any]) -> bool:
    """Whether each part of one is exactly one part of the other, though not in its place."""
    places = [[i for i, part in enumerate(expected) if fits(value, part)] for value in got]
    return all(len(place) == 1 for place in places) and sorted(place[0] for place in places) == list(range(len(got)))


def _entries_permuted(got: Tensor, expected: Tensor) -> bool:
    if got.shape != expected.shape or expected.numel() < 3 or _is_transposed(got, expected):
        return False
    a, b = got.double().reshape(-1).sort().values, expected.double().reshape(-1).sort().values
    distinct = bool((b.diff() > 1e-6 * b.abs().max()).all())
    return distinct and fit(a, b)


def _low_precision(samples: Sequence[Sample]) -> Diagnosis | None:
    wrong = [pair for sample in samples for pair in sample.wrong]
    fitting = wrong and all(_is_rounded(got, expected) for got, expected in wrong)
    return Diagnosis(id="low_precision") if fitting else _single_for_double(samples)


def _is_rounded(got: Tensor, expected: Tensor) -> bool:
    return (
        got.dtype == expected.dtype == torch.float64
        and got.shape == expected.shape
        and torch.equal(got.float().double(), got)
        and is_close(got, expected, TIGHT_SINGLE)
    )


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
    return every_wrong(samples, "summed_over_batch", _is_summed)


def _is_summed(got: Tensor, expected: Tensor) -> bool:
    return got.numel() < expected.numel() and any(
        got.numel() == total.numel() and fit(got.reshape(-1), total.reshape(-1))
        for total in (expected.sum(dim) for dim in range(expected.dim()))
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
    return every_wrong(samples, "finite_differences", _is_numerical)


def _is_numerical(got: Tensor, expected: Tensor) -> bool:
    if got.shape != expected.shape or got.dtype != torch.float64 or not expected.any():
        return False
    error = float((got - expected).abs().max() / expected.abs().max())
    return error < 2e-3


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
