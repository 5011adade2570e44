"""Rounding to levels with a straight-through gradient: truth by the formula, witnessed by the nearest of a grid."""

from typing import Any

import torch
from torch import Tensor, tensor

from grader.authoring import Case, NearMiss, generator, normal, uniform, whole


def cases(seed: int) -> list[Case]:
    rng = generator(seed)
    numbers = tensor([0.1, 0.4, 0.7, 1.0], dtype=torch.float64)
    weights = tensor([1.0, 2.0, 3.0, 4.0], dtype=torch.float64)
    return [
        _case("four numbers on three levels", numbers, 3, torch.ones_like(numbers), public=True),
        _case("four numbers with weights on five levels", numbers, 5, weights, public=True),
        _secret(rng, "a long vector on two levels", 2, whole(rng, 9, 14)),
        _secret(rng, "a matrix on a few levels", whole(rng, 4, 9), 3, whole(rng, 4, 7)),
        _secret(rng, "three axes on many levels", whole(rng, 15, 60), 2, 3, whole(rng, 2, 5)),
        _single(rng, whole(rng, 4, 9)),
    ]


def truth(case: Case) -> dict[str, Any]:
    x, levels = case.args
    return _answer(torch.round(x.detach() * (levels - 1)) / (levels - 1), case.options["cotangent"])


def witness(case: Case) -> dict[str, Any]:
    x, levels = case.args
    grid = torch.linspace(0, 1, levels, dtype=x.dtype)
    nearest = (x.detach().unsqueeze(-1) - grid).abs().argmin(-1)
    slopes = torch.func.vjp(lambda t: t, x.detach())[1](case.options["cotangent"])[0]
    return _answer(grid[nearest], slopes)


def near_misses(case: Case) -> list[NearMiss]:
    x, levels = case.args[0].detach(), case.args[1]
    right, weights = truth(case)["value"], case.options["cotangent"]
    steps = levels - 1
    return [
        _wrong_value("rounded_down", torch.floor(x * steps) / steps),
        _wrong_value("rounded_up", torch.ceil(x * steps) / steps),
        _wrong_value("input_added", right + x),
        _wrong_value("levels_not_steps", torch.round(x * levels) / levels),
        _wrong_value("levels_not_steps", torch.floor(x * levels) / levels),
        _wrong_value("number_of_level", right * steps),
        _wrong_gradient("upstream_ignored", torch.ones_like(x)),
        _wrong_gradient("scaled", weights / steps, factor=1 / steps),
        _wrong_gradient("scaled", weights * steps, factor=float(steps)),
    ]


def counterexamples() -> list[Case]:
    number, two = tensor(0.6, dtype=torch.float64), tensor([0.2, 0.6], dtype=torch.float64)
    return [
        _case("one number", number, 2, tensor(1.0, dtype=torch.float64)),
        _case("one number, weight 2", number, 3, tensor(2.0, dtype=torch.float64)),
        _case("two numbers", two, 4, tensor([1.0, 2.0], dtype=torch.float64)),
    ]


def _case(name: str, x: Tensor, levels: int, cotangent: Tensor, *, public: bool = False) -> Case:
    tracked = x.clone().requires_grad_()
    options = {"cotangent": cotangent, "graph": public}
    return Case(name=name, entry="quantize", args=(tracked, levels), probe="backward", options=options, public=public)


def _secret(rng, name: str, levels: int, *shape: int) -> Case:
    return _case(name, _between_edges(rng, levels, *shape), levels, normal(rng, *shape))


def _single(rng, levels: int) -> Case:
    """A number just below a middle level, so that rounding down and rounding to an end of the scale are wrong."""
    x = tensor((whole(rng, 1, levels - 1) - 0.3) / (levels - 1), dtype=torch.float64)
    return _case("a single number", x, levels, normal(rng))


def _between_edges(rng, levels: int, *shape: int) -> Tensor:
    """Numbers in [0, 1], at least a tenth of a step away from the jumps of the staircase."""
    level = torch.randint(0, levels, shape, generator=rng)
    return ((level + uniform(rng, *shape, low=-0.4, high=0.4)) / (levels - 1)).clamp(0, 1)


def _wrong_value(diagnosis: str, value: Tensor) -> NearMiss:
    return NearMiss(diagnosis=diagnosis, value=_answer(value, _never(value)))


def _wrong_gradient(diagnosis: str, gradient: Tensor, **data: float) -> NearMiss:
    return NearMiss(diagnosis=diagnosis, value=_answer(_never(gradient), gradient), data=data)


def _never(like: Tensor) -> Tensor:
    """A tensor that no answer equals: NaN is never within a tolerance."""
    return torch.full_like(like, torch.nan)


def _answer(value: Tensor, gradient: Tensor) -> dict[str, Any]:
    return {"value": value, "gradients": [gradient]}
