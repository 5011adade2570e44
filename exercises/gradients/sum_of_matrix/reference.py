"""The gradient of a sum: truth by autograd in float64, witnessed by central differences."""

from typing import Any

from torch import Tensor, ones_like, tensor

from grader.authoring import Case, Function, NearMiss, build, generator, normal, uniform, whole
from grader.references import autograd, finite


def cases(seed: int) -> list[Case]:
    rng = generator(seed)
    return [
        Case(name="your matrix", entry="make_matrix", public=True),
        Case(name="a 3x3 matrix", entry="gradient_of_sum", args=(_example(3, 3),), public=True),
        Case(name="a wide matrix", entry="gradient_of_sum", args=(normal(rng, 2, whole(rng, 4, 7)),)),
        Case(name="a single column", entry="gradient_of_sum", args=(normal(rng, whole(rng, 4, 7), 1),)),
        Case(name="the square", entry="gradient_of_sum_of", args=(Function("square"), _example(2, 3)), public=True),
        Case(name="the sine of a matrix", entry="gradient_of_sum_of", args=(Function("sine"), normal(rng, 3, 3))),
        Case(name="a polynomial of a tall matrix", entry="gradient_of_sum_of", args=_polynomial(rng)),
        Case(name="a function that mixes each row", entry="gradient_of_sum_of", args=_softmax(rng)),
        Case(name="a single number", entry="gradient_of_sum_of", args=(Function("cube"), normal(rng, 1, 1))),
    ]


def truth(case: Case) -> Any:
    if case.entry == "make_matrix":
        return None
    return autograd.gradient(_function(case), case.args[-1])


def witness(case: Case) -> Any:
    if case.entry == "make_matrix":
        return None
    return finite.gradient(_function(case), case.args[-1])


def near_misses(case: Case) -> list[NearMiss]:
    if case.entry == "gradient_of_sum":
        return [NearMiss(diagnosis="value_not_gradient", value=case.args[0].sum())]
    return []


def counterexamples() -> list[Case]:
    number, row = tensor([[2.0]], dtype=_example(1, 1).dtype), _example(1, 2)
    return [
        Case(name="one number", entry="gradient_of_sum", args=(number,)),
        Case(name="two numbers", entry="gradient_of_sum", args=(row,)),
        Case(name="one number", entry="gradient_of_sum_of", args=(Function("square"), number)),
        Case(name="two numbers", entry="gradient_of_sum_of", args=(Function("square"), row)),
        Case(name="one row", entry="gradient_of_sum_of", args=(Function("softmax"), row)),
    ]


def _function(case: Case) -> Any:
    return build(case.args[0]) if case.entry == "gradient_of_sum_of" else lambda x: x


def _example(rows: int, columns: int) -> Tensor:
    counted = ones_like(normal(generator(0), rows, columns)).cumsum(0).cumsum(1)
    return counted - 1.5


def _polynomial(rng: Any) -> tuple[Function, Tensor]:
    coefficients = [round(float(c), 2) for c in uniform(rng, 4, low=0.5, high=2.0)]
    return Function("polynomial", {"coefficients": coefficients}), normal(rng, whole(rng, 4, 7), 2)


def _softmax(rng: Any) -> tuple[Function, Tensor]:
    rows, columns = whole(rng, 2, 4), whole(rng, 4, 6)
    return Function("row_softmax_weighted", {"weight": normal(rng, rows, columns)}), normal(rng, rows, columns)
