"""General hypotheses: ways in which any answer, or any gradient, can be wrong.

They are written so that no two of them fit the same numbers. If two fit all the same, nothing is reported.
"""

import math
from collections.abc import Mapping, Sequence
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
from grader.checks.source_facts import SourceFacts
from grader.harness.child.functions import build
from grader.harness.wire.values import Function
from grader.packages.manifest import Tolerance

NEARLY = 1e-2
"""The largest error, relative to the largest number, with which numbers count as nearly right."""

DECIMALS = range(1, 7)
HALVES = ((torch.float16, 5e-3), (torch.bfloat16, 4e-2))
"""The types of half precision, each with the relative error that a short computation in it can have."""

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
    if isinstance(trial.expected, tuple | list) and isinstance(trial.got, tuple | list):
        return len(trial.expected) > 1 and _parts_permuted(trial.got, trial.expected)
    return bool(trial.wrong) and all(_entries_permuted(got, expected) for got, expected in trial.wrong)


def names_swapped(failed: Sequence[FailedTrial]) -> Diagnosis | None:
    """Return `names_swapped` if each whole answer has the right parts and only their names are wrong; else None."""
    fitting = all(_names_permuted(*(trial.whole or (trial.got, trial.expected))) for trial in failed)
    return Diagnosis(id="names_swapped") if fitting else None


def _names_permuted(got: Any, expected: Any) -> bool:
    if not isinstance(got, Mapping) or not isinstance(expected, Mapping) or set(got) != set(expected):
        return False
    return _parts_permuted([got[key] for key in expected], list(expected.values()))


def _parts_permuted(got: Any, expected: Any) -> bool:
    """Whether each part of one is exactly one part of the other, and not all of them are in their places."""
    if not isinstance(expected, tuple | list) or not isinstance(got, tuple | list) or len(got) != len(expected):
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


def _other_shape(failed: Sequence[FailedTrial]) -> Diagnosis | None:
    return every_wrong(failed, "other_shape", _is_reshaped)


def _is_reshaped(got: Tensor, expected: Tensor) -> bool:
    """Whether the numbers are right, in order, but the shape is another one."""
    same_count = got.shape != expected.shape and got.numel() == expected.numel()
    return same_count and fit(got.reshape(-1), expected.reshape(-1))


def _rounded_off(failed: Sequence[FailedTrial]) -> Diagnosis | None:
    """Test if all numbers are the right ones, rounded to a few decimals."""
    for decimals in DECIMALS:
        half = 0.5 * 10.0**-decimals * (1 + 1e-6) + 1e-12
        found = every_wrong(
            failed,
            "rounded_off",
            lambda got, expected, n=decimals, most=half: _is_decimal(got, n) and _differ_by(got, expected) <= most,  # type: ignore[misc]
            data={"decimals": decimals},
        )
        if found:
            return found
    return None


def _is_decimal(got: Tensor, decimals: int) -> bool:
    return got.dtype == torch.float64 and bool(
        torch.allclose(got, got.round(decimals=decimals), rtol=1e-12, atol=1e-13)
    )


def _differ_by(got: Tensor, expected: Tensor) -> float:
    return float((got.double() - expected.double()).abs().max()) if got.shape == expected.shape else math.inf


def _half_precision(failed: Sequence[FailedTrial]) -> Diagnosis | None:
    """Test if all numbers are right to half precision, and numbers of half precision."""
    for half, error in HALVES:
        found = every_wrong(
            failed,
            "half_precision",
            lambda got, expected, t=half, e=error: _error(got, expected) < e and torch.equal(got.to(t).double(), got),  # type: ignore[misc]
        )
        if found:
            return found
    return None


def _one_place_off(failed: Sequence[FailedTrial]) -> Diagnosis | None:
    """Test if the rows of every value are right, but each one place too late, or too early."""
    pairs = [pair for trial in failed for pair in trial.wrong]
    if not any(expected.dim() > 0 and len(expected) > 2 and _all_apart(expected) for _, expected in pairs):
        return None
    late = every_wrong(failed, "one_late", lambda got, expected: _moved(got, expected, got_from=1))
    return late or every_wrong(failed, "one_early", lambda got, expected: _moved(got, expected, got_from=0))


def _moved(got: Tensor, expected: Tensor, *, got_from: int) -> bool:
    if expected.dim() == 0 or got.shape != expected.shape:
        return False
    if len(expected) < 2:
        return True  # nothing to compare; other values decide
    rows = len(expected) - 1
    return fit(got[got_from : got_from + rows], expected[1 - got_from : 1 - got_from + rows])


def _all_apart(rows: Tensor) -> bool:
    """Whether no two rows are equal: equal rows would fit by chance."""
    return len(torch.unique(rows, dim=0)) == len(rows)


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
        and (
            all(_is_single(got, trial.numbers) for got, _ in wrong)
            or any(fits(trial.got, truth) for truth in trial.rounded())
        )
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


def _averaged(failed: Sequence[FailedTrial]) -> Diagnosis | None:
    return every_wrong(failed, "averaged", _is_averaged)


def _is_averaged(got: Tensor, expected: Tensor) -> bool:
    """Whether each number is the mean of an axis, kept or lost."""
    for dim in range(expected.dim()):
        mean = expected.mean(dim, keepdim=True)
        if got.shape == expected.shape:
            if expected.shape[dim] > 1 and fit(got, mean.expand_as(expected)):
                return True
        elif got.numel() == mean.numel() and fit(got.reshape(-1), mean.reshape(-1)):
            return True
    return False


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


def nearly_right(failed: Sequence[FailedTrial], facts: SourceFacts, *, torch: bool) -> Diagnosis | None:
    """Describe numbers that are right but for a small error. Its cause is named only if the source leaves no other."""
    found = every_wrong(failed, "nearly_right", lambda got, expected: _error(got, expected) < NEARLY)
    if found is None:
        return None
    worst = max(_error(got, expected) for trial in failed for got, expected in trial.wrong)
    by_hand = torch and facts.stripped != "" and not facts.differentiates
    # Differences divide by a small step.
    numerical = by_hand and facts.has(r"\d[eE]-\d|\b(?:eps|epsilon|delta|h|step|dx)\b|0\.0\d") and facts.has(r"/")
    digits = max(1, math.floor(-math.log10(worst))) if worst > 0 else 15
    return Diagnosis(id="finite_differences" if numerical else "nearly_right", data={"digits": digits})


def _error(got: Tensor, expected: Tensor) -> float:
    """Return the largest error relative to the largest entry; infinity if the two cannot be compared."""
    if got.shape != expected.shape or got.dtype != torch.float64 or not expected.any():
        return math.inf
    return float((got - expected).abs().max() / expected.abs().max())


SPECIFIC: tuple[Hypothesis, ...] = (_other_shape, _half_precision, _rounded_off, _low_precision)
"""On any value; the first that fits explains it. Few numbers fit them by chance."""

GENERAL: tuple[Hypothesis, ...] = (_wrong_order, _one_place_off)
GRADIENT: tuple[Hypothesis, ...] = (
    _zero,
    _transposed,
    _summed,
    _averaged,
    _broadcast,
    _value,
    factors,
)
