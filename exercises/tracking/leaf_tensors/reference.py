"""A tracked leaf from a list: truth by torch, witnessed by the rounding of the standard library's single floats."""

from array import array
from typing import Any

import torch
from torch import Tensor

from grader.authoring import Case, generator, normal, whole


def cases(seed: int) -> list[Case]:
    rng = generator(seed)
    return [
        _case("one number", [2.0], public=True),
        _case("three numbers", [1.0, -2.5, 0.1], public=True),
        _case("one other number", _drawn(rng, 1)),
        _case("a few numbers", _drawn(rng, whole(rng, 4, 8))),
        _case("many numbers", _drawn(rng, whole(rng, 20, 40))),
        _case("whole numbers", [float(whole(rng, 2, 9)) for _ in range(whole(rng, 3, 6))]),
        _case("large numbers", [1e4 * value for value in _drawn(rng, 3)]),
    ]


def truth(case: Case) -> Tensor:
    return torch.tensor(case.args[0], dtype=torch.float32)


def witness(case: Case) -> Tensor:
    return torch.tensor(array("f", case.args[0]).tolist()).to(torch.float32)


def counterexamples() -> list[Case]:
    return [_case("one number", [2.0]), _case("two numbers", [1.5, 2.0])]


def _case(name: str, values: list[float], *, public: bool = False) -> Case:
    return Case(name=name, entry="make_leaf", args=(values,), public=public)


def _drawn(rng: Any, count: int) -> list[float]:
    values: list[float] = normal(rng, count, scale=3.0).tolist()
    return values
