"""Null answers: answers that took no computation. They must not score points or make a check raise an exception.

`hard_coded_answers` are right answers to the public cases only, which anybody can copy from the page.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from grader.grading.exercise import Exercise
from grader.harness.wire.values import MAX_DIMENSIONS, MAX_EMPTY, Other, TensorFacts
from grader.packages.cases import Case, Floats
from grader.sandboxes.base import Observation

Fill = Callable[[Tensor], Tensor]


def null_answers(exercise: Exercise, *, seed: int) -> Iterator[tuple[str, list[Observation]]]:
    """Yield each null answer's name with its observations, one per case of the seed.

    They have the structure of the truth. If an answer has another structure (logits, when the truth holds labels), the
    reference defines `template(case)`, which returns a value of that structure.
    """
    cases, others = exercise.cases(seed), exercise.cases(seed + 1000)
    templates = [_template(exercise, case) for case in cases]
    for name, fill in FILLS.items():
        yield name, [_observation(_filled(template, fill)) for template in templates]
    yield "None", [_observation(None) for _ in cases]
    yield "the input itself", [_observation(_input(case)) for case in cases]
    yield "the truth of another seed", [_observation(exercise.truth(other)) for other in _matched(cases, others)]
    for name, odd in ODDITIES.items():
        yield name, [_observation(odd) for _ in cases]
        yield f"{name} in every place", [_observation(_replaced(template, odd)) for template in templates]


def hard_coded_answers(
    exercise: Exercise, cases: Sequence[Case], solved: Sequence[Observation]
) -> Iterator[tuple[str, list[Observation]]]:
    """Yield answers that are the solution's (`solved`) for the public cases, and a null answer for the secret ones."""
    for name in ("zeros", "ones", "random numbers"):
        nulls = [_observation(_filled(_template(exercise, case), FILLS[name])) for case in cases]
        yield f"the public cases, hard-coded, with {name} for the others", _beside_public(cases, solved, nulls)
    inputs = [_observation(_input(case)) for case in cases]
    yield "the public cases, hard-coded, with the input itself for the others", _beside_public(cases, solved, inputs)


def empty_figures(cases: Sequence[Case], solved: Sequence[Observation]) -> list[Observation]:
    """Return the solution's figures with zeros for all the numbers in them, and None for every other case."""
    return [
        replace(observation, value=_of_zeros(observation.value)) if case.probe == "figure" else _observation(None)
        for case, observation in zip(cases, solved, strict=True)
    ]


def _beside_public(
    cases: Sequence[Case], solved: Sequence[Observation], nulls: Sequence[Observation]
) -> list[Observation]:
    return [right if case.public else null for case, right, null in zip(cases, solved, nulls, strict=True)]


def _of_zeros(value: Any) -> Any:
    """Return the value with zeros in every tensor."""
    match value:
        case Tensor():
            return torch.zeros_like(value)
        case list():
            return [_of_zeros(item) for item in value]
        case Mapping():
            return {key: _of_zeros(item) for key, item in value.items()}
    return value


def _noise(like: Tensor) -> Tensor:
    rng = torch.Generator().manual_seed(0)
    return torch.randn(like.shape, generator=rng, dtype=torch.float64).to(like.dtype)


FILLS: dict[str, Fill] = {
    "zeros": torch.zeros_like,
    "ones": torch.ones_like,
    "NaN": lambda like: torch.full_like(like, torch.nan) if like.is_floating_point() else torch.zeros_like(like),
    "random numbers": _noise,
}

ODDITIES: dict[str, Any] = {
    "a word": "word",
    "a huge whole number": 2**63 - 1,
    "a huge number": 1.7e308,
    "infinity": torch.inf,
    "an empty list": [],
    "an empty dict": {},
    "a list in a list": [[None]],
    "a dict of words": {"value": "word", "gradients": "word", "axes": "word", "results": "word", 1: None},
    "a dict of lists": {"value": [{}], "gradients": [{}], "axes": [{}, {"lines": [{"x": True}]}], "results": [{}]},
    "a dict of tensors": {"value": torch.zeros(2), "inputs": torch.zeros(2), "results": {1: torch.zeros(2)}},
    "an object": Other("Duck"),
    "an empty tensor": torch.empty(0, dtype=torch.float64),
    "an empty tensor of many rows": torch.empty(MAX_EMPTY, 0, dtype=torch.float64),
    "a tensor of many dimensions": torch.zeros([1] * MAX_DIMENSIONS, dtype=torch.float64),
    "a tensor of booleans": torch.tensor([True, False]),
    "a tensor of bytes": torch.arange(200, dtype=torch.uint8),
    "a tensor in half precision": torch.full((3,), torch.nan, dtype=torch.bfloat16),
}
"""Values that a sandbox can send instead of an answer: `grader.harness.wire.values` accepts all of them."""


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


def _replaced(value: Any, odd: Any) -> Any:
    """Return a value of the same structure with `odd` in every place."""
    match value:
        case list() | tuple():
            return type(value)(_replaced(item, odd) for item in value)
        case Mapping():
            return {key: _replaced(item, odd) for key, item in value.items()}
    return odd


def _input(case: Case) -> Any:
    return next((arg.detach() for arg in case.args if isinstance(arg, Tensor)), None)


def _matched(cases: Sequence[Case], others: Sequence[Case]) -> list[Case]:
    """Return the other seed's case for each secret case. Public cases do not depend on the seed: take the next one."""
    turned = [*others[1:], others[0]]
    return [turned[i] if case.public else others[i] for i, case in enumerate(cases)]


def _observation(value: Any) -> Observation:
    return Observation(value=value, facts={"": TensorFacts()})
