"""Three powers and any Jacobian: truth by autograd in float64, witnessed by formulas and central differences."""

from typing import Any

import torch
from torch import Tensor, float64, tensor

from grader.authoring import Case, Function, NearMiss, build, generator, normal, uniform, whole
from grader.references import autograd, finite

EXPONENTS = (2, 3, 4)


def cases(seed: int) -> list[Case]:
    rng = generator(seed)
    return [
        _powers("small numbers", _numbers(3, 2, -1), _numbers(1, 10, 100), public=True),
        _powers("positive numbers", uniform(rng, 3, low=1.2, high=2.5), normal(rng, 3)),
        _powers("negative numbers", uniform(rng, 3, low=-2.5, high=-1.2), normal(rng, 3)),
        _products("small numbers", _numbers(3, 2, -1), _numbers(1, 10, 100), public=True),
        _products("positive numbers", uniform(rng, 3, low=1.2, high=2.5), normal(rng, 3)),
        _products("negative numbers", uniform(rng, 3, low=-2.5, high=-1.2), normal(rng, 3)),
        _jacobian("a matrix times a vector", _weight(), _numbers(1, 2), public=True),
        _network(rng, "more outputs than inputs", n=3, m=whole(rng, 4, 7)),
        _network(rng, "fewer outputs than inputs", n=whole(rng, 5, 8), m=2),
        _jacobian("running sums", Function("running_sum_of_squares"), normal(rng, 4)),
        _jacobian("one output", Function("linear_map", {"weight": normal(rng, 1, 4)}), normal(rng, 4)),
    ]


def truth(case: Case) -> Any:
    match case.entry:
        case "powers":
            x, v = case.args[0], case.options["cotangent"]
            return {"value": _of(x.detach()), "gradients": [autograd.vjp(_of, x, v)]}
        case "powers_vjp":
            return autograd.vjp(_of, *case.args)
    return autograd.jacobian(build(case.args[0]), case.args[1])


def witness(case: Case) -> Any:
    match case.entry:
        case "powers":
            x, v = case.args[0].detach(), case.options["cotangent"]
            return {"value": x * x * tensor([1, x[1], x[2] ** 2]), "gradients": [_by_formula(x, v)]}
        case "powers_vjp":
            return _by_formula(*case.args)
    return finite.jacobian(build(case.args[0]), case.args[1])


TAKEN = ((2, 2, 2), (1, 2, 3), (3, 4, 5), (4, 3, 2), (3, 3, 3))
"""Exponents that learners take for 2, 3 and 4."""


def near_misses(case: Case) -> list[NearMiss]:
    match case.entry:
        case "powers":
            value, (gradient,) = truth(case).values()
            return [
                _wrong_gradient("value_not_gradient", value, value),
                *[_wrong_gradient("other_exponents", *_power(x, wrong)) for x in case.args for wrong in TAKEN],
                *[_wrong_gradient("detached_path", value, part, **data) for part, data in _one_cut(gradient)],
            ]
        case "powers_vjp":
            x, v = case.args
            return [
                NearMiss(diagnosis="unweighted", value=_by_formula(x, torch.ones_like(x))),
                NearMiss(diagnosis="value_not_gradient", value=_of(x)),
                NearMiss(diagnosis="value_not_gradient", value=_of(x) * v),
                *[NearMiss(diagnosis="detached_path", value=part, data=data) for part, data in _one_cut(truth(case))],
            ]
    right = truth(case)
    return [
        NearMiss(diagnosis="rows_summed", value=right.sum(0)),
        NearMiss(diagnosis="rows_all_the_sum", value=right.sum(0).expand_as(right)),
        NearMiss(diagnosis="rows_all_the_last", value=right[-1].expand_as(right)),
        NearMiss(diagnosis="rows_all_the_first", value=right[0].expand_as(right)),
    ]


def _power(x: Tensor, exponents: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """Return the powers of x, and the gradient of their sum."""
    wrong = tensor(exponents, dtype=float64)
    return x.detach() ** wrong, wrong * x.detach() ** (wrong - 1)


def _one_cut(gradient: Tensor) -> list[tuple[Tensor, dict[str, str]]]:
    """The gradients if one of the three numbers was detached, with the name of that number."""
    kept = 1 - torch.eye(len(gradient), dtype=float64)
    return [(gradient * keep, {"path": f"`x[{i}]`"}) for i, keep in enumerate(kept)]


def _wrong_gradient(diagnosis: str, value: Tensor, gradient: Tensor, **data: str) -> NearMiss:
    return NearMiss(diagnosis=diagnosis, value={"value": value, "gradients": [gradient]}, data=data)


def counterexamples() -> list[Case]:
    two, three = _numbers(2, 1, 1), _numbers(1, 2, 3)
    return [
        _powers("one number that is not one", two, _numbers(1, 1, 1)),
        _powers("three numbers", three, _numbers(1, 1, 1)),
        _products("one number that is not one", two, _numbers(1, 1, 10)),
        _products("three numbers", three, _numbers(1, 10, 100)),
        _jacobian("one output of two inputs", Function("products_of_neighbours"), _numbers(2, 3)),
        _jacobian("two outputs of two inputs", Function("running_sum_of_squares"), _numbers(1, 2)),
        _jacobian("two outputs of three inputs", Function("products_of_neighbours"), three),
    ]


def _powers(name: str, x: Tensor, v: Tensor, *, public: bool = False) -> Case:
    """The cases test the graph of the result: x requires grad, and the harness calls backward."""
    options: dict[str, Any] = {"cotangent": v} | ({"graph": True} if public else {})
    tracked = x.clone().requires_grad_()
    return Case(name=name, entry="powers", args=(tracked,), probe="backward", options=options, public=public)


def _products(name: str, x: Tensor, v: Tensor, *, public: bool = False) -> Case:
    return Case(name=name, entry="powers_vjp", args=(x, v), public=public)


def _jacobian(name: str, f: Function, x: Tensor, *, public: bool = False) -> Case:
    return Case(name=name, entry="jacobian", args=(f, x), public=public)


def _of(x: Tensor) -> Tensor:
    return torch.stack([x[i] ** exponent for i, exponent in enumerate(EXPONENTS)])


def _by_formula(x: Tensor, v: Tensor) -> Tensor:
    exponents = tensor(EXPONENTS, dtype=float64)
    return v * exponents * x ** (exponents - 1)


def _numbers(*values: float) -> Tensor:
    return tensor(values, dtype=float64)


def _weight() -> Function:
    return Function("linear_map", {"weight": tensor([[1.0, 2.0], [0.0, 3.0], [4.0, -1.0]], dtype=float64)})


def _network(rng: Any, name: str, *, n: int, m: int) -> Case:
    weights = {"w1": normal(rng, n, 5, scale=0.5), "b1": normal(rng, 5), "w2": normal(rng, 5, m)}
    return _jacobian(name, Function("network", weights), normal(rng, n))
