"""Everything that an exercise package's `reference.py` and `checks.py` need, from one place.

reference.py    cases(seed) -> list[Case]              at least three secret cases of different shapes
                truth(case) -> value                   in float64, from the case's inputs
                witness(case) -> value                 the truth, found another way
                near_misses(case) -> list[NearMiss]    optional: wrong answers to recognise
                counterexamples() -> list[Case]        optional: tiny cases, smallest first, shown to learners
                chart(case, value) -> Chart | None     optional: curves of an answer with the structure of the truth
checks.py       functions decorated with `check`
"""

import torch

from grader.checks.check import check
from grader.checks.compare import compare, is_close
from grader.checks.failures import Failed, Mismatch
from grader.checks.trials import Trial
from grader.harness.child.functions import build
from grader.harness.child.models import build_model
from grader.harness.wire.values import Applied, Function, Model
from grader.packages.cases import Case, Chart, Floats, NearMiss
from grader.packages.manifest import Tolerance


def generator(seed: int) -> torch.Generator:
    """Return a generator of random numbers. The same seed gives the same numbers on every machine."""
    return torch.Generator().manual_seed(seed % 2**63)


def normal(rng: torch.Generator, *shape: int, scale: float = 1.0) -> torch.Tensor:
    """Return float64 numbers from a normal distribution with that standard deviation."""
    return scale * torch.randn(shape, generator=rng, dtype=torch.float64)


def uniform(rng: torch.Generator, *shape: int, low: float = 0.0, high: float = 1.0) -> torch.Tensor:
    """Return float64 numbers, uniform between `low` and `high`."""
    return low + (high - low) * torch.rand(shape, generator=rng, dtype=torch.float64)


def whole(rng: torch.Generator, low: int, high: int) -> int:
    """Return a whole number, low <= n < high."""
    return int(torch.randint(low, high, (), generator=rng))


__all__ = [
    "Applied",
    "Case",
    "Chart",
    "Failed",
    "Floats",
    "Function",
    "Mismatch",
    "Model",
    "NearMiss",
    "Tolerance",
    "Trial",
    "build",
    "build_model",
    "check",
    "compare",
    "generator",
    "is_close",
    "normal",
    "uniform",
    "whole",
]
