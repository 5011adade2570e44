"""Gradients at many points, each for itself: truth by autograd in float64, witnessed by central differences."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, float64, tensor

from grader.authoring import Case, Function, NearMiss, build, generator, normal, uniform, whole
from grader.references import autograd, finite

QUARTIC = Function("coupled_quartic")


def cases(seed: int, numbers: Mapping[str, float]) -> list[Case]:
    rng = generator(seed)
    return [
        _case("numbers", "three numbers", *_own(numbers), public=True),
        _case("vectors", "three points in the plane", QUARTIC, _rows([1, 2], [3, -1], [2, 2]), public=True),
        _case("numbers", "a wave at many numbers", _wave(rng), normal(rng, whole(rng, 6, 10))),
        _case("numbers", "sines", Function("sum_of_sines"), normal(rng, whole(rng, 3, 6))),
        _case("vectors", "a network at many points", _network(rng, 4), normal(rng, whole(rng, 5, 9), 4)),
        _case("vectors", "a valley with bent walls", Function("rosenbrock", {"steepness": 10.0}), normal(rng, 4, 3)),
        _case("vectors", "a smooth maximum", Function("log_sum_exp"), normal(rng, whole(rng, 3, 6), 2)),
        _case("vectors", "one point", QUARTIC, normal(rng, 1, whole(rng, 5, 8))),
    ]


def truth(case: Case) -> Tensor:
    f, points = _parts(case)
    return torch.stack([autograd.gradient(f, point) for point in points])


def witness(case: Case) -> Tensor:
    f, points = _parts(case)
    return torch.stack([finite.gradient(f, point) for point in points])


def near_misses(case: Case) -> list[NearMiss]:
    f, points = _parts(case)
    right = truth(case)
    return [
        NearMiss(diagnosis="rows_all_the_sum", value=right.sum(0).expand_as(right)),
        NearMiss(diagnosis="rows_all_the_last", value=right[-1].expand_as(right)),
        NearMiss(diagnosis="rows_all_the_first", value=right[0].expand_as(right)),
        NearMiss(diagnosis="stale", value=torch.cat([right[:1], right[:-1]])),
        NearMiss(diagnosis="points_mixed", value=autograd.gradient(f, points)),
        NearMiss(diagnosis="value_not_gradient", value=torch.stack([f(point) for point in points])),
    ]


def counterexamples() -> list[Case]:
    return [
        _case("numbers", "two numbers", Function("square"), tensor([1.0, 3.0], dtype=float64)),
        _case("vectors", "two points", QUARTIC, _rows([1, 2], [3, 0])),
    ]


def _case(group: str, name: str, f: Function, points: Tensor, *, public: bool = False) -> Case:
    return Case(name=name, entry="gradients_at", args=(f, points), group=group, public=public)


def _parts(case: Case) -> tuple[Any, Tensor]:
    f, points = case.args
    return build(f), points


def _own(numbers: Mapping[str, float]) -> tuple[Function, Tensor]:
    """The learner's own numbers: factor * x², at the place of the example and at two others."""
    place = float(numbers["place"])
    f = Function("polynomial", {"coefficients": [0.0, 0.0, float(numbers["factor"])]})
    return f, tensor([place, place + 3, -1.0], dtype=float64)


def _rows(*rows: list[float]) -> Tensor:
    return tensor(rows, dtype=float64)


def _wave(rng: Any) -> Function:
    frequency, width = (round(float(c), 2) for c in uniform(rng, 2, low=1.5, high=3.0))
    return Function("damped_wave", {"frequency": frequency, "width": width})


def _network(rng: Any, inputs: int) -> Function:
    return Function("scalar_network", {"w1": normal(rng, inputs, 5), "b1": normal(rng, 5), "w2": normal(rng, 5)})
