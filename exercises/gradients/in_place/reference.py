"""The gradient of a scaled exponential: truth by autograd in float64, witnessed by central differences."""

from typing import Any

from torch import Tensor, exp, float64, tensor

from grader.authoring import Case, NearMiss, generator, normal, uniform, whole
from grader.references import autograd, finite


def cases(seed: int) -> list[Case]:
    rng = generator(seed)
    return [
        _case("three numbers", tensor([0.0, 1.0, -1.0], dtype=float64), 3.0, public=True),
        _case("a negative scale", tensor([[1.0, 2.0], [0.5, -1.0]], dtype=float64), -2.0, public=True),
        _case("a single number", uniform(rng, low=1.2, high=2.0), _scale(rng)),
        _case("a row", normal(rng, whole(rng, 5, 10)), _scale(rng)),
        _case("a matrix and a negative scale", normal(rng, whole(rng, 2, 5), whole(rng, 5, 8)), -_scale(rng)),
        _case("a block and a small scale", normal(rng, 2, 3, whole(rng, 2, 5)), 0.1 * _scale(rng)),
    ]


def truth(case: Case) -> Tensor:
    x, scale = case.args
    return autograd.gradient(lambda at: scale * exp(at), x)


def witness(case: Case) -> Tensor:
    x, scale = case.args
    return finite.gradient(lambda at: scale * exp(at), x)


def near_misses(case: Case) -> list[NearMiss]:
    x, scale = case.args
    misses = [
        NearMiss(diagnosis="scale_lost", value=exp(x)),
        NearMiss(diagnosis="scale_inside", value=exp(scale * x)),
        NearMiss(diagnosis="scale_inside", value=scale * exp(scale * x)),
        NearMiss(diagnosis="scale_twice", value=scale * scale * exp(x)),
    ]
    # Entry by entry the value equals the gradient; only the sum of the values differs from it.
    value = [NearMiss(diagnosis="value_not_gradient", value=(scale * exp(x)).sum())] if x.numel() > 1 else []
    return misses + value


def counterexamples() -> list[Case]:
    return [
        _case("zero", tensor([0.0], dtype=float64), 3.0),
        _case("one", tensor([1.0], dtype=float64), 2.0),
        _case("two numbers", tensor([0.0, 1.0], dtype=float64), 2.0),
    ]


def _case(name: str, x: Tensor, scale: float, *, public: bool = False) -> Case:
    return Case(name=name, entry="scaled_exp_gradient", args=(x, scale), public=public)


def _scale(rng: Any) -> float:
    return round(float(uniform(rng, low=1.5, high=4.0)), 2)
