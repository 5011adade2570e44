"""Null answers: what someone hands in who computed nothing. None of them may score."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from grader.harness.wire import TensorFacts
from grader.packages.cases import Case, Floats
from grader.packages.loader import Exercise
from grader.sandboxes.base import Observation

Fill = Callable[[Tensor], Tensor]


def null_answers(exercise: Exercise, *, seed: int) -> Iterator[tuple[str, list[Observation]]]:
    """Yield each null answer's name with its observations, one per case of the seed.

    They have the structure of the truth, or of what the reference's `template(case)` returns where the answer looks
    different (such as logits, of which the truth knows the labels).
    """
    cases, others = exercise.cases(seed), exercise.cases(seed + 1000)
    for name, fill in FILLS.items():
        yield name, [_observation(_filled(_template(exercise, case), fill)) for case in cases]
    yield "None", [_observation(None) for _ in cases]
    yield "the input itself", [_observation(_input(case)) for case in cases]
    yield "the truth of another seed", [_observation(exercise.truth(other)) for other in _matched(cases, others)]


def _noise(like: Tensor) -> Tensor:
    rng = torch.Generator().manual_seed(0)
    return torch.randn(like.shape, generator=rng, dtype=torch.float64).to(like.dtype)


FILLS: dict[str, Fill] = {
    "zeros": torch.zeros_like,
    "ones": torch.ones_like,
    "NaN": lambda like: torch.full_like(like, torch.nan) if like.is_floating_point() else torch.zeros_like(like),
    "random numbers": _noise,
}


def _template(exercise: Exercise, case: Case) -> Any:
    template = getattr(exercise.reference, "template", exercise.truth)
    return template(case)


def _filled(value: Any, fill: Fill) -> Any:
    """Return a value of the same structure with every number replaced."""
    match value:
        case Tensor():
            return fill(value)
        case Floats():
            return fill(torch.tensor(value.values, dtype=torch.float64)).tolist()
        case bool() | None | str():
            return value if value is None else type(value)()
        case int() | float():
            return type(value)(fill(torch.tensor(float(value))).nan_to_num().item())
        case list() | tuple():
            return type(value)(_filled(item, fill) for item in value)
        case Mapping():
            return {key: _filled(item, fill) for key, item in value.items()}
    return None


def _input(case: Case) -> Any:
    return next((arg.detach() for arg in case.args if isinstance(arg, Tensor)), None)


def _matched(cases: Sequence[Case], others: Sequence[Case]) -> list[Case]:
    """Return, for each secret case, the other seed's; public cases are the same in every seed, so the next one's."""
    turned = [*others[1:], others[0]]
    return [turned[i] if case.public else others[i] for i, case in enumerate(cases)]


def _observation(value: Any) -> Observation:
    return Observation(value=value, facts={"": TensorFacts()})
