"""The slope of x cubed: truth by the formula, witnessed by central differences."""

from torch import Tensor, tensor

from grader.authoring import Case, NearMiss, generator, normal, whole
from grader.references import finite


def cases(seed: int) -> list[Case]:
    rng = generator(seed)
    numbers = tensor([1.0, 2.0, -3.0]).double()
    return [
        Case(name="three numbers", entry="slope", args=(numbers,), public=True),
        Case(name="a single number", entry="slope", args=(normal(rng),)),
        Case(name="a vector", entry="slope", args=(normal(rng, whole(rng, 4, 9)),)),
        Case(name="a matrix", entry="slope", args=(normal(rng, whole(rng, 2, 4), 5),)),
    ]


def truth(case: Case) -> Tensor:
    return 3 * case.args[0] ** 2


def witness(case: Case) -> Tensor:
    return finite.derivative(lambda x: x**3, case.args[0])


def near_misses(case: Case) -> list[NearMiss]:
    x = case.args[0]
    return [
        NearMiss(diagnosis="value_not_gradient", value=x**3),
        NearMiss(diagnosis="square_for_cube", value=2 * x),
        NearMiss(diagnosis="detached_path", value=2 * x**2, data={"path": "one factor `x`"}),
        NearMiss(diagnosis="detached_path", value=x**2, data={"path": "the square of `x`"}),
    ]


def counterexamples() -> list[Case]:
    return [Case(name="one number", entry="slope", args=(tensor(2.0).double(),))]
