"""The partial derivatives of x² + y³: truth by autograd in float64, witnessed by central differences."""

from typing import Any

import torch
from torch import Tensor, float64, tensor

from grader.authoring import Case, NearMiss, generator, normal, uniform, whole
from grader.references import autograd, finite


def cases(seed: int) -> list[Case]:
    rng = generator(seed)
    return [
        # At x = 2 the value x² is the derivative 2x, so at 2 the checks could not distinguish them.
        _case("two numbers", _numbers(3.0), _numbers(2.0), public=True),
        _case("vectors of three", _numbers(1.0, 3.0, -1.5), _numbers(2.0, -1.0, 0.5), public=True),
        _case("other numbers", uniform(rng, low=2.5, high=4.0), uniform(rng, low=1.2, high=2.4)),
        _case("negative numbers", uniform(rng, low=-4.0, high=-2.5), uniform(rng, low=-2.4, high=-1.2)),
        _case("longer vectors", *_pair(rng, whole(rng, 5, 10))),
        _case("matrices", *_pair(rng, 2, whole(rng, 3, 6))),
    ]


def truth(case: Case) -> tuple[Tensor, Tensor]:
    x, y = case.args
    return autograd.gradient(lambda at: at**2 + y**3, x), autograd.gradient(lambda at: x**2 + at**3, y)


def witness(case: Case) -> tuple[Tensor, Tensor]:
    x, y = case.args
    return finite.gradient(lambda at: at**2 + y**3, x), finite.gradient(lambda at: x**2 + at**3, y)


def near_misses(case: Case) -> list[NearMiss]:
    x, y = case.args
    z, other = x**2 + y**3, torch.full_like(x, torch.nan)
    return [
        NearMiss(diagnosis="wrong_variable", value=(3 * y**2, other), data={"variable": "`y`"}),
        NearMiss(diagnosis="wrong_variable", value=(other, 2 * x), data={"variable": "`x`"}),
        NearMiss(diagnosis="swapped_powers", value=(3 * x**2, 2 * y)),
        NearMiss(diagnosis="one_exponent", value=(2 * x, 2 * y), data={"exponent": "2"}),
        NearMiss(diagnosis="one_exponent", value=(3 * x**2, 3 * y**2), data={"exponent": "3"}),
        NearMiss(diagnosis="product_for_sum", value=(2 * x * y**3, 3 * x**2 * y**2)),
        NearMiss(diagnosis="second_derivatives", value=(torch.full_like(x, 2.0), 6 * y)),
        NearMiss(diagnosis="power_not_lowered", value=(2 * x**2, 3 * y**3)),
        NearMiss(diagnosis="factor_forgotten", value=(x, y**2)),
        NearMiss(diagnosis="value_not_gradient", value=(x**2, y**3)),
        NearMiss(diagnosis="value_not_gradient", value=(z, z)),
    ]


def counterexamples() -> list[Case]:
    return [
        _case("one and one", _numbers(1.0), _numbers(1.0)),
        _case("two numbers", _numbers(3.0), _numbers(2.0)),
        _case("vectors of two", _numbers(1.0, 3.0), _numbers(1.0, 2.0)),
    ]


def _case(name: str, x: Tensor, y: Tensor, *, public: bool = False) -> Case:
    return Case(name=name, entry="gradients", args=(x, y), public=public)


def _numbers(*values: float) -> Tensor:
    """One number has no dimension."""
    return tensor(values if len(values) > 1 else values[0], dtype=float64)


def _pair(rng: Any, *shape: int) -> tuple[Tensor, Tensor]:
    return normal(rng, *shape, scale=2.0), normal(rng, *shape, scale=2.0)
