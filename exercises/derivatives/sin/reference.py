"""First and second derivatives: truth by autograd in float64, witnessed by cos, -sin and central differences."""

import math
from typing import Any

from torch import Tensor, cos, float64, sin, tensor

from grader.authoring import Case, Function, NearMiss, build, generator, normal, uniform, whole
from grader.references import autograd, finite

DEGREE = math.pi / 180


def cases(seed: int) -> list[Case]:
    rng = generator(seed)
    return [
        Case(name="three angles", entry="sin_derivatives", args=(_numbers(0.5, 1.0, 2.0),), public=True),
        Case(name="a row of angles", entry="sin_derivatives", args=(normal(rng, whole(rng, 5, 9), scale=2.0),)),
        Case(name="a matrix of angles", entry="sin_derivatives", args=(normal(rng, whole(rng, 2, 5), 3, scale=2.0),)),
        Case(name="a single angle", entry="sin_derivatives", args=(_single(rng),)),
        Case(name="the cube", entry="derivatives_of", args=(Function("cube"), _numbers(-1.0, 1.0, 3.0)), public=True),
        Case(name="a polynomial of a matrix", entry="derivatives_of", args=_polynomial(rng)),
        Case(name="a wave that dies away", entry="derivatives_of", args=_wave(rng)),
        Case(name="a bell of a single number", entry="derivatives_of", args=(Function("exp_of_square"), _single(rng))),
        Case(
            name="a curve that saturates, on a block of numbers",
            entry="derivatives_of",
            args=(Function("tanh"), normal(rng, 2, whole(rng, 2, 4), 2)),
        ),
    ]


def truth(case: Case) -> Any:
    return _derivatives(case)[0], _derivatives(case)[1]


def witness(case: Case) -> Any:
    if case.entry == "sin_derivatives":
        return cos(case.args[0]), -sin(case.args[0])
    f, x = build(case.args[0]), case.args[1]
    return finite.derivative(f, x), finite.derivative(lambda at: finite.derivative(f, at, step=1e-2), x, step=1e-2)


def near_misses(case: Case) -> list[NearMiss]:
    first, second, third = _derivatives(case, order=3)
    misses = [
        NearMiss(diagnosis="third_for_second", value=(first, third)),
        NearMiss(diagnosis="one_order_too_high", value=(second, third)),
        NearMiss(diagnosis="first_for_second", value=(first, first)),
        NearMiss(diagnosis="second_for_first", value=(second, second)),
        NearMiss(diagnosis="derivatives_added", value=(first + second, first + second)),
        NearMiss(diagnosis="squared_first", value=(first * first, first * first)),
    ]
    return [*misses, *_of_sine(case.args[0])] if case.entry == "sin_derivatives" else misses


def counterexamples() -> list[Case]:
    return [
        Case(name="one angle", entry="sin_derivatives", args=(tensor(1.0, dtype=float64),)),
        Case(name="two angles", entry="sin_derivatives", args=(_numbers(1.0, -1.5),)),
        Case(name="one number", entry="derivatives_of", args=(Function("cube"), tensor(3.0, dtype=float64))),
        Case(name="two numbers", entry="derivatives_of", args=(Function("cube"), _numbers(1.0, 3.0))),
        Case(name="the square", entry="derivatives_of", args=(Function("square"), _numbers(1.0, 3.0))),
    ]


def _derivatives(case: Case, *, order: int = 2) -> list[Tensor]:
    return autograd.derivatives(sin if case.entry == "sin_derivatives" else build(case.args[0]), case.args[-1], order)


def _of_sine(x: Tensor) -> list[NearMiss]:
    """The value, in the first place only (it is the second derivative up to its sign), and degrees."""
    in_degrees = cos(DEGREE * x), -sin(DEGREE * x)
    through_degrees = DEGREE * in_degrees[0], DEGREE**2 * in_degrees[1]
    return [
        NearMiss(diagnosis="value_not_gradient", value=(sin(x), -sin(x))),
        NearMiss(diagnosis="degrees", value=in_degrees),
        NearMiss(diagnosis="degrees", value=through_degrees),
    ]


def _numbers(*values: float) -> Tensor:
    return tensor(values, dtype=float64)


def _single(rng: Any) -> Tensor:
    """A number at which neither derivative of a sine or a bell is near zero, and the two differ."""
    return uniform(rng, low=0.9, high=1.3)


def _polynomial(rng: Any) -> tuple[Function, Tensor]:
    coefficients = [round(float(c), 2) for c in uniform(rng, 5, low=0.5, high=1.5)]
    return Function("polynomial", {"coefficients": coefficients}), normal(rng, whole(rng, 3, 6), 2)


def _wave(rng: Any) -> tuple[Function, Tensor]:
    frequency, width = (round(float(c), 2) for c in uniform(rng, 2, low=1.5, high=3.0))
    return Function("damped_wave", {"frequency": frequency, "width": width}), normal(rng, whole(rng, 6, 10))
