"""Hypotheses about the factor between what came and what was expected.

A single number is fitted by some factor whatever happened, so factors are believed only where a tensor of two or more
entries, or two trials, agree on them.
"""

import math
from collections.abc import Sequence
from fractions import Fraction

from torch import Tensor

from grader.checks.sample import Diagnosis, Sample, every_wrong, fit

LARGEST_FACTOR = 1000
SMALLEST_CHANGE = 1e-3


def factors(samples: Sequence[Sample]) -> Diagnosis | None:
    """Name the factor between what came and what was expected: its sign, a count, a whole multiple, or a number."""
    factors = [_common_factor(sample) for sample in samples]
    if None in factors or not _informative(samples):
        return _running_total(samples)
    known = [factor for factor in factors if factor is not None]
    return _name_factors(known, samples) or _running_total(samples)


def _common_factor(sample: Sample) -> float | None:
    """Return c with got = c * expected in every wrong pair, if there is one."""
    factors = [_factor(got, expected) for got, expected in sample.wrong]
    if not factors or any(factor is None or not _near(factor, factors[0]) for factor in factors):
        return None
    return factors[0]


def _factor(got: Tensor, expected: Tensor) -> float | None:
    if got.shape != expected.shape or not expected.any() or not got.is_floating_point():
        return None
    g, e = got.double().reshape(-1), expected.double().reshape(-1)
    factor = float(g @ e / (e @ e))
    return factor if factor != 0 and math.isfinite(factor) and fit(got, (factor * expected).to(got.dtype)) else None


def _informative(samples: Sequence[Sample]) -> bool:
    return len(samples) > 1 or any(expected.numel() > 1 for _, expected in samples[0].wrong)


def _name_factors(factors: Sequence[float], samples: Sequence[Sample]) -> Diagnosis | None:
    if all(_near(factor, -1.0) for factor in factors):
        return Diagnosis(id="sign_flipped")
    for name, power in (("sum_for_mean", 1), ("mean_for_sum", -1)):
        size = _counted(factors, samples, power)
        if size is not None:
            return Diagnosis(id=name, data={"count": size})
    if all(2 <= round(factor) < LARGEST_FACTOR and _near(factor, round(factor)) for factor in factors):
        return Diagnosis(id="accumulated", data={"factor": round(factors[0])})
    # A factor that is nearly one is the error of a numerical derivative: of exp it is the same everywhere.
    sensible = abs(factors[0]) < LARGEST_FACTOR and abs(factors[0] - 1) > SMALLEST_CHANGE
    # One gradient is out by some factor wherever a single slope on the way to all of its entries is wrong.
    sensible = sensible and (len(factors) > 1 or _is_simple(factors[0]))
    if sensible and all(_near(factor, factors[0]) for factor in factors):
        return Diagnosis(id="scaled", data={"factor": factors[0]})
    return None


def _is_simple(factor: float) -> bool:
    return _near(factor, float(Fraction(factor).limit_denominator(20)))


def _counted(factors: Sequence[float], samples: Sequence[Sample], power: int) -> int | None:
    """Return the first sample's count if, in every sample, the factor is the same argument's count to the power."""
    for name in samples[0].sizes:
        sizes = [sample.sizes.get(name, 0) for sample in samples]
        # A multiple of 2 in cases of two rows each may be either; different sizes tell.
        told_apart = len(set(sizes)) > 1 or (len(sizes) == 1 and sizes[0] > 2)
        if told_apart and all(
            size > 1 and _near(f, float(size) ** power) for f, size in zip(factors, sizes, strict=True)
        ):
            return sizes[0]
    return None


def _running_total(samples: Sequence[Sample]) -> Diagnosis | None:
    """Each row is the sum of the gradients so far: `.grad` was never zeroed."""
    return every_wrong(
        samples,
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
