"""Derivatives of every order: truth by autograd in float64, each order witnessed by differences of the one below it.

There are two groups of cases: functions with nonzero derivatives of every order, and functions whose derivatives are
zero from some order on, so that autograd has no graph left.
"""

import math
from collections.abc import Mapping
from typing import Any

from torch import Tensor, float64, tensor, zeros_like

from grader.authoring import Case, Function, NearMiss, build, generator, normal, uniform, whole
from grader.references import autograd, finite

SQUARE, CUBE, IDENTITY = Function("square"), Function("cube"), Function("identity")


def cases(seed: int, numbers: Mapping[str, float]) -> list[Case]:
    rng = generator(seed)
    return [
        _case("lasting", "a polynomial", *_own(numbers), 2, public=True),
        _case("vanishing", "the square", SQUARE, tensor([1.0, 2.0, -3.0], dtype=float64), 4, public=True),
        _case("lasting", "a wave that dies away", _wave(rng), normal(rng, whole(rng, 6, 10)), 3),
        _case("lasting", "a curve that saturates", Function("tanh"), normal(rng, 2, whole(rng, 3, 6)), 4),
        _case("lasting", "a bell at a single number", Function("exp_of_square"), uniform(rng, low=0.8, high=1.2), 2),
        _case("vanishing", "the cube of a matrix", CUBE, normal(rng, whole(rng, 2, 4), 2), whole(rng, 4, 7)),
        _case("vanishing", "a straight line", IDENTITY, normal(rng, whole(rng, 4, 8)), 3),
        _case("vanishing", "the cube of a single number", CUBE, uniform(rng, low=1.5, high=3.0), 5),
    ]


def truth(case: Case) -> list[Tensor]:
    f, x, order = case.args
    return autograd.derivatives(build(f), x, order)


def witness(case: Case) -> list[Tensor]:
    f, x, order = case.args
    return [finite.derivative(lambda at, k=k: _of_order(build(f), at, k), x) for k in range(order)]


def near_misses(case: Case) -> list[NearMiss]:
    f, x, order = case.args
    right = truth(case)
    misses = [
        NearMiss(diagnosis="starts_at_value", value=[build(f)(x), *right[:-1]]),
        NearMiss(diagnosis="taylor", value=[value / math.factorial(k) for k, value in enumerate(right, start=1)]),
        NearMiss(diagnosis="first_repeated", value=[right[0]] * order),
        NearMiss(diagnosis="powers_of_first", value=[right[0] ** k for k in range(1, order + 1)]),
        NearMiss(diagnosis="wrong_order", value=right[::-1]),
        NearMiss(diagnosis="only_highest", value=right[-1]),
    ]
    added = {"factor": "growing from one derivative to the next"}
    return [*misses, *(NearMiss(diagnosis="accumulated", value=value, data=added) for value in _added_up(right))]


def counterexamples() -> list[Case]:
    one, three = tensor([1.0], dtype=float64), tensor([3.0], dtype=float64)
    return [
        _case("lasting", "the cube of one", CUBE, one, 2),
        _case("lasting", "the cube of two numbers", CUBE, tensor([1.0, 3.0], dtype=float64), 2),
        _case("vanishing", "a straight line", IDENTITY, three, 2),
        _case("vanishing", "the square of three", SQUARE, three, 3),
        _case("vanishing", "the cube of three", CUBE, three, 4),
    ]


def _case(group: str, name: str, f: Function, x: Tensor, order: int, *, public: bool = False) -> Case:
    return Case(name=name, entry="derivatives", args=(f, x, order), group=group, public=public)


def _own(numbers: Mapping[str, float]) -> tuple[Function, Tensor]:
    """The learner's own polynomial, at the place of the example and at two others."""
    f = Function("polynomial", {"coefficients": [0.0, 0.0, float(numbers["b"]), float(numbers["a"])]})
    place = float(numbers["place"])
    return f, tensor([place, place + 1, -1.0], dtype=float64)


def _wave(rng: Any) -> Function:
    frequency, width = (round(float(c), 2) for c in uniform(rng, 2, low=1.5, high=2.5))
    return Function("damped_wave", {"frequency": frequency, "width": width})


def _of_order(f: Any, x: Tensor, order: int) -> Tensor:
    return autograd.derivatives(f, x, order)[-1] if order else f(x)


def _added_up(right: list[Tensor]) -> list[list[Tensor]]:
    """The content of `.grad` if it is never zeroed.

    It is each derivative plus the ones before it. If the next round differentiates the content of `.grad`, order k is
    D (1 + D)^(k - 1) f.
    """
    plain = [sum(right[: k + 1], zeros_like(right[0])) for k in range(len(right))]
    nested = [sum((math.comb(k, j) * right[j] for j in range(k + 1)), zeros_like(right[0])) for k in range(len(right))]
    return [plain, nested]
