"""What a hypothesis about a wrong answer receives, and what it can conclude."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from grader.checks.compare import as_floats, is_close
from grader.packages.cases import Floats, NearMiss
from grader.packages.manifest import Tolerance

TIGHT = Tolerance()
TIGHT_SINGLE = Tolerance(rtol=2e-4, atol=1e-5)


@dataclass(frozen=True, kw_only=True, slots=True)
class Diagnosis:
    """What is wrong: an id of `grader.protocol.messages`, and the data that fills in its sentence."""

    id: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class FailedTrial:
    """One failed trial, as hypotheses see it.

    If `got` and `expected` are a part of an answer, `whole` holds both whole answers. `rounded` returns the values that
    would be expected if all inputs, or one of them, had been rounded to single precision. `secret`: its numbers are
    random, so that nothing fits them by chance.
    """

    got: Any
    expected: Any
    args: tuple[Any, ...] = ()
    near_misses: Sequence[NearMiss] = ()
    whole: tuple[Any, Any] | None = None
    rounded: Callable[[], Iterable[Any]] = tuple
    secret: bool = False

    @property
    def wrong(self) -> list[tuple[Tensor, Tensor]]:
        """The pairs of tensors (got, expected) that differ in shape or values; empty if the structures differ."""
        pairs = [(_as_tensor(got), _as_tensor(expected)) for got, expected in pairs_of(self.got, self.expected)]
        if not all(isinstance(got, Tensor) and isinstance(expected, Tensor) for got, expected in pairs):
            return []
        return [(got, expected) for got, expected in pairs if not fits(got, expected)]

    @property
    def numbers(self) -> list[float]:
        """The plain numbers among the arguments."""
        return [float(arg) for arg in self.args if isinstance(arg, float | int) and not isinstance(arg, bool)]

    @property
    def sizes(self) -> dict[str, int]:
        """The counts that a mean can divide by: entries and rows of each tensor argument."""
        tensors = {i: arg for i, arg in enumerate(self.args) if isinstance(arg, Tensor) and arg.dim() > 0}
        rows = {f"rows of {i}": arg.shape[0] for i, arg in tensors.items()}
        return rows | {f"entries of {i}": arg.numel() for i, arg in tensors.items()}


def _as_tensor(value: Any) -> Any:
    """Return a plain number as a 0-dim tensor; any other value unchanged."""
    number = isinstance(value, float) or (isinstance(value, int) and not isinstance(value, bool))
    try:
        return torch.tensor(float(value), dtype=torch.float64) if number else value
    except OverflowError:
        return value


Hypothesis = Callable[[Sequence[FailedTrial]], Diagnosis | None]
"""Returns what is wrong if it fits every failed trial of a check, else None."""


def fits(got: Any, expected: Any) -> bool:
    """Whether two values of one structure agree tightly (to single precision if one of two tensors is float32)."""
    pairs = list(pairs_of(got, expected))
    return bool(pairs) and all(fit(a, b) for a, b in pairs)


def fit(got: Any, expected: Any) -> bool:
    """Whether two leaves agree tightly."""
    if isinstance(got, Tensor) and isinstance(expected, Tensor):
        single = torch.float32 in (got.dtype, expected.dtype)
        return is_close(got, expected, TIGHT_SINGLE if single else TIGHT)
    if isinstance(got, float | int) and isinstance(expected, float | int):
        return math.isclose(got, expected, rel_tol=1e-6)
    return type(got) is type(expected) and bool(got == expected)


def pairs_of(got: Any, expected: Any) -> list[tuple[Any, Any]]:
    """Return the leaves of both values in pairs; an empty list if their structures differ."""
    if isinstance(expected, Mapping):
        if not isinstance(got, Mapping) or set(got) != set(expected):
            return []
        return _joined([pairs_of(got[key], expected[key]) for key in expected])
    if isinstance(expected, list | tuple):
        if not isinstance(got, list | tuple) or len(got) != len(expected):
            return []
        return _joined([pairs_of(a, b) for a, b in zip(got, expected, strict=True)])
    if isinstance(expected, Floats):
        return [(as_floats(got), torch.tensor(expected.values, dtype=torch.float64))]
    return [(got, expected)]


def _joined(groups: list[list[tuple[Any, Any]]]) -> list[tuple[Any, Any]]:
    return [pair for group in groups for pair in group] if all(groups) else []


def every_wrong(
    failed: Sequence[FailedTrial],
    name: str,
    matches: Callable[[Tensor, Tensor], bool],
    *,
    data: Mapping[str, Any] | None = None,
) -> Diagnosis | None:
    """Return the diagnosis if each trial has wrong pairs and each of them matches; else None."""
    fitting = all(trial.wrong and all(matches(got, expected) for got, expected in trial.wrong) for trial in failed)
    return Diagnosis(id=name, data=data or {}) if fitting else None
