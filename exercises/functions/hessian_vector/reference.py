"""Hessian-vector products: truth by double backward in float64, witnessed by differences of gradients along v."""

import torch
from torch import Tensor, tensor

from grader.authoring import Case, Function, NearMiss, build, generator, normal, uniform, whole
from grader.references import autograd, finite

LARGE = 50_000  # its Hessian would take 20 GB


def cases(seed: int) -> list[Case]:
    rng = generator(seed)
    two, three = _vector(1.0, 2.0), _vector(1.0, 2.0, 0.5)
    return [
        _small("two numbers", _QUARTIC, two, _vector(1.0, -3.0), public=True),
        _small("three numbers in a curved valley", _ROSENBROCK, three, _vector(1.0, -1.0, 2.0), public=True),
        _small("one number", _QUARTIC, *_pair(rng, 1)),
        _small("a small network", *_network(rng, whole(rng, 4, 6))),
        _small("a quadratic form", *_form(rng, whole(rng, 6, 8))),
        _small("the logarithm of a sum of exponentials", Function("log_sum_exp"), *_pair(rng, whole(rng, 8, 11))),
        Case(name="fifty thousand numbers", entry="hvp", args=(_QUARTIC, *_pair(rng, LARGE)), group="large"),
    ]


def truth(case: Case) -> Tensor:
    f, x, v = _inputs(case)
    return autograd.gradient(lambda point: _gradient(f, point) * v, x)


def witness(case: Case) -> Tensor:
    f, x, v = _inputs(case)
    return finite.derivative(lambda t: autograd.gradient(f, x + t * v), torch.zeros((), dtype=x.dtype))


def near_misses(case: Case) -> list[NearMiss]:
    f, x, v = _inputs(case)
    gradient, ones = autograd.gradient(f, x), torch.ones_like(x)
    rows = autograd.gradient(lambda point: _gradient(f, point) * ones, x)
    return [
        NearMiss(diagnosis="not_differentiated_again", value=gradient),
        NearMiss(diagnosis="directional_derivative", value=gradient @ v),
        NearMiss(diagnosis="gradient_added", value=gradient + truth(case)),
        NearMiss(diagnosis="vector_ignored", value=rows),
        NearMiss(diagnosis="vector_twice", value=truth(case) * v),
        NearMiss(diagnosis="gradient_times_vector", value=gradient * v),
        NearMiss(diagnosis="vector_too_late", value=rows * v),
    ]


def counterexamples() -> list[Case]:
    return [
        _small("one number", _QUARTIC, _vector(1.0), _vector(2.0)),
        _small("two numbers", _QUARTIC, _vector(1.0, 2.0), _vector(1.0, -3.0)),
    ]


_QUARTIC = Function("coupled_quartic")
_ROSENBROCK = Function("rosenbrock", {"steepness": 2.0})


def _small(name, f, x, v, *, public=False) -> Case:
    return Case(name=name, entry="hvp", args=(f, x, v), group="small", public=public)


def _vector(*numbers: float) -> Tensor:
    return tensor(numbers, dtype=torch.float64)


def _pair(rng, size: int) -> tuple[Tensor, Tensor]:
    return normal(rng, size), normal(rng, size)


def _network(rng, size: int) -> tuple[Function, Tensor, Tensor]:
    weights = {"w1": normal(rng, size, 5), "b1": normal(rng, 5), "w2": normal(rng, 5)}
    return Function("scalar_network", weights), *_pair(rng, size)


def _form(rng, size: int) -> tuple[Function, Tensor, Tensor]:
    return Function("quadratic_form", {"matrix": uniform(rng, size, size, low=-1, high=2)}), *_pair(rng, size)


def _inputs(case: Case):
    function, x, v = case.args
    return build(function), x, v


def _gradient(f, point: Tensor) -> Tensor:
    (gradient,) = torch.autograd.grad(f(point), point, create_graph=True)
    return gradient
