"""Vector-Jacobian products: truth by autograd in float64, witnessed by central differences of the weighted sum.

There are three groups of cases. If f is elementwise, the Jacobian is diagonal and many wrong methods give the right
answer. If outputs depend on several inputs, a product with v on the wrong side is wrong. If the numbers of outputs and
inputs differ, such a product has the wrong shape.
"""

from typing import Any

import torch
from torch import Tensor, float64, tensor

from grader.authoring import Case, Function, NearMiss, build, generator, normal, uniform, whole
from grader.references import autograd, finite

SQUARE = Function("square")
RUNNING = Function("running_sum_of_squares")
PRODUCTS = Function("products_of_neighbours")


def cases(seed: int) -> list[Case]:
    rng = generator(seed)
    return [
        _case(
            "elementwise", "the square of three numbers", SQUARE, _numbers(1, 2, 3), _numbers(1, 10, -1), public=True
        ),
        _case("mixing", "running sums", RUNNING, _numbers(1, 2), _numbers(1, 10), public=True),
        _case("sizes", "three outputs of two inputs", _tall(), _numbers(1, 2), _numbers(1, 10, 100), public=True),
        _elementwise(rng, "a polynomial of a matrix", whole(rng, 2, 4), whole(rng, 4, 7)),
        _elementwise(rng, "a polynomial of a single number"),
        _network(rng, "mixing", "a network with as many outputs as inputs", n=4, m=4),
        _softmax(rng),
        _network(rng, "sizes", "a network with fewer outputs than inputs", n=whole(rng, 5, 8), m=3),
        _network(rng, "sizes", "a network with more outputs than inputs", n=3, m=whole(rng, 5, 8)),
        _products(rng, whole(rng, 5, 9)),
    ]


def truth(case: Case) -> Tensor:
    f, x, v = _parts(case)
    return autograd.vjp(f, x, v)


def witness(case: Case) -> Tensor:
    f, x, v = _parts(case)
    return finite.gradient(lambda at: f(at) * v, x)


def near_misses(case: Case) -> list[NearMiss]:
    f, x, v = _parts(case)
    ignored = autograd.gradient(f, x)
    misses = [
        NearMiss(diagnosis="unweighted", value=ignored),
        NearMiss(diagnosis="value_not_gradient", value=f(x) * v),
        NearMiss(diagnosis="vector_normalised", value=truth(case) / v.norm()),
        NearMiss(diagnosis="vector_squared", value=autograd.vjp(f, x, v * v)),
    ]
    if x.shape != v.shape:
        return misses
    forward = torch.func.jvp(f, (x,), (v,))[1]
    return [
        *misses,
        NearMiss(diagnosis="multiplied_after", value=ignored * v),
        NearMiss(diagnosis="jvp_for_vjp", value=forward),
    ]


def counterexamples() -> list[Case]:
    return [
        _case("elementwise", "one number", SQUARE, _numbers(3), _numbers(10)),
        _case("elementwise", "two numbers", SQUARE, _numbers(1, 3), _numbers(1, 10)),
        _case("mixing", "two running sums", RUNNING, _numbers(1, 2), _numbers(1, 10)),
        _case("sizes", "one product", PRODUCTS, _numbers(2, 3), _numbers(10)),
        _case("sizes", "two products", PRODUCTS, _numbers(1, 2, 3), _numbers(1, 10)),
    ]


def _case(group: str, name: str, f: Function, x: Tensor, v: Tensor, *, public: bool = False) -> Case:
    return Case(name=name, entry="vjp", args=(f, x, v), group=group, public=public)


def _parts(case: Case) -> tuple[Any, Tensor, Tensor]:
    f, x, v = case.args
    return build(f), x, v


def _numbers(*values: float) -> Tensor:
    return tensor(values, dtype=float64)


def _tall() -> Function:
    return Function("linear_map", {"weight": tensor([[1.0, 2.0], [0.0, 3.0], [4.0, -1.0]], dtype=float64)})


def _elementwise(rng: Any, name: str, *shape: int) -> Case:
    coefficients = [round(float(c), 2) for c in uniform(rng, 4, low=0.5, high=2.0)]
    f = Function("polynomial", {"coefficients": coefficients})
    return _case("elementwise", name, f, normal(rng, *shape), uniform(rng, *shape, low=1.5, high=3.0))


def _network(rng: Any, group: str, name: str, *, n: int, m: int) -> Case:
    weights = {"w1": normal(rng, n, 6, scale=0.5), "b1": normal(rng, 6), "w2": normal(rng, 6, m)}
    return _case(group, name, Function("network", weights), normal(rng, n), normal(rng, m))


def _softmax(rng: Any) -> Case:
    rows, columns = whole(rng, 2, 4), whole(rng, 4, 7)
    f = Function("row_softmax_weighted", {"weight": normal(rng, rows, columns)})
    return _case("mixing", "each row of a matrix", f, normal(rng, rows, columns), normal(rng, rows, columns))


def _products(rng: Any, n: int) -> Case:
    return _case("sizes", "products of neighbours", PRODUCTS, normal(rng, n), normal(rng, n - 1))
