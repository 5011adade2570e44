"""Hypotheses about a constant factor between the value and the expected value.

Some factor always fits a single number. So a factor counts only if a tensor of two or more entries, or two trials,
agree on it.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from torch import Tensor

from grader.checks.failed_trial import Diagnosis, FailedTrial, every_wrong, fit

LARGEST_FACTOR = 1000
SMALLEST_CHANGE = 1e-3


def factors(failed: Sequence[FailedTrial]) -> Diagnosis | None:
    """Name the factor between got and expected: a sign, a count, a whole multiple, or a number."""
    factors = [_common_factor(trial) for trial in failed]
    if None in factors or not _informative(failed):
        return _running_total(failed)
    known = [factor for factor in factors if factor is not None]
    return _name_factors(known, failed) or _running_total(failed)


def combined(failed: Sequence[FailedTrial]) -> Diagnosis | None:
    """Name two mistakes at once: each value is the same near miss times one factor."""
    names = {miss.diagnosis for miss in failed[0].near_misses}
    found = [one for name in sorted(names) if (one := _factor_of(name, failed)) is not None]
    return found[0] if len(found) == 1 else None


def _factor_of(name: str, failed: Sequence[FailedTrial]) -> Diagnosis | None:
    factors: list[float] = []
    for trial in failed:
        misses = [replace(trial, expected=miss.value) for miss in trial.near_misses if miss.diagnosis == name]
        fitting = [factor for one in misses if (factor := _common_factor(one)) is not None]
        if len(fitting) != 1:
            return None
        factors += fitting
    enough = len(failed) > 1 or sum(got.numel() for got, _ in failed[0].wrong) > 2
    simple = -1.0 if _near(factors[0], -1.0) else float(Fraction(factors[0]).limit_denominator(20))
    if not enough or not all(_near(factor, simple) for factor in factors) or not _sensible(simple):
        return None
    return Diagnosis(id="combined", data={"factor": simple, "other": name})


def _sensible(factor: float) -> bool:
    return 0 < abs(factor) < LARGEST_FACTOR and abs(factor - 1) > SMALLEST_CHANGE


def _common_factor(trial: FailedTrial) -> float | None:
    """Return c with got = c * expected in every wrong pair; None if there is no such c."""
    factors = [_factor(got, expected) for got, expected in trial.wrong]
    if not factors or any(factor is None or not _near(factor, factors[0]) for factor in factors):
        return None
    return factors[0]


def _factor(got: Tensor, expected: Tensor) -> float | None:
    if got.shape != expected.shape or not expected.any() or not got.is_floating_point():
        return None
    g, e = got.double().reshape(-1), expected.double().reshape(-1)
    factor = float(g @ e / (e @ e))
    return factor if factor != 0 and math.isfinite(factor) and fit(got, (factor * expected).to(got.dtype)) else None


def _informative(failed: Sequence[FailedTrial]) -> bool:
    return len(failed) > 1 or any(expected.numel() > 1 for _, expected in failed[0].wrong)


def _name_factors(factors: Sequence[float], failed: Sequence[FailedTrial]) -> Diagnosis | None:
    if all(_near(factor, -1.0) for factor in factors):
        return Diagnosis(id="sign_flipped")
    for name, power in (("sum_for_mean", 1), ("mean_for_sum", -1)):
        size = _counted(factors, failed, power)
        if size is not None:
            return Diagnosis(id=name, data={"count": size})
    if all(2 <= round(factor) < LARGEST_FACTOR and _near(factor, round(factor)) for factor in factors):
        return Diagnosis(id="accumulated", data={"factor": round(factors[0])})
    # A factor that is nearly one is the error of a numerical derivative: for exp it is the same in every entry.
    sensible = abs(factors[0]) < LARGEST_FACTOR and abs(factors[0] - 1) > SMALLEST_CHANGE
    # If one slope on the path to all entries of a gradient is wrong, the whole gradient is off by some factor.
    sensible = sensible and (len(factors) > 1 or _is_simple(factors[0]))
    if sensible and all(_near(factor, factors[0]) for factor in factors):
        return Diagnosis(id="scaled", data={"factor": factors[0]})
    return None


def _is_simple(factor: float) -> bool:
    return _near(factor, float(Fraction(factor).limit_denominator(20)))


def _counted(factors: Sequence[float], failed: Sequence[FailedTrial], power: int) -> int | None:
    """Return the first trial's count if, in every trial, the factor is that argument's count to the power."""
    for name in failed[0].sizes:
        sizes = [trial.sizes.get(name, 0) for trial in failed]
        # If each case has two rows, a factor of 2 can be a count or a multiple; cases of different sizes decide.
        distinguishable = len(set(sizes)) > 1 or (len(sizes) == 1 and sizes[0] > 2)
        if distinguishable and all(
            size > 1 and _near(f, float(size) ** power) for f, size in zip(factors, sizes, strict=True)
        ):
            return sizes[0]
    return None


def _running_total(failed: Sequence[FailedTrial]) -> Diagnosis | None:
    """Test if each row is the sum of the gradients so far, because `.grad` was never zeroed."""
    return every_wrong(
        failed,
        "accumulated",
        lambda got, expected: (
            expected.dim() > 0
            and expected.shape[0] > 1
            and got.shape == expected.shape
            and fit(got, expected.cumsum(0))
        ),
        data={"factor": "growing from row to row"},
    )


def _near(a: float | None, b: float | None) -> bool:
    return a is not None and b is not None and math.isclose(a, b, rel_tol=1e-5)
