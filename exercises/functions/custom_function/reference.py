"""max(x, 0)³ and its derivatives: truth by autograd through torch's own operations, witnessed by the formulas.

The group "once" tests the result and its gradient, the group "twice" the gradient of the gradient too.
"""

from typing import Any

import torch
from torch import Tensor, tensor

from grader.authoring import Case, NearMiss, generator, normal, whole


def cases(seed: int) -> list[Case]:
    rng = generator(seed)
    x, ones = _numbers(-2.0, -0.5, 0.0, 1.0, 2.0), _numbers(1.0, 1.0, 1.0, 1.0, 1.0)
    three, weights, curves = _numbers(-1.0, 0.5, 3.0), _numbers(2.0, 3.0, 4.0), _numbers(3.0, 2.0, 1.0)
    return [
        _case("five numbers", x, ones, public=True),
        _case("three numbers with weights", three, weights, public=True),
        _secret(rng, "a long vector", whole(rng, 8, 13)),
        _secret(rng, "a matrix", 3, whole(rng, 4, 7)),
        _secret(rng, "three axes", 2, 3, whole(rng, 2, 5)),
        _case("three numbers, differentiated twice", three, weights, curves, public=True),
        _secret(rng, "a vector, differentiated twice", whole(rng, 6, 9), twice=True),
        _secret(rng, "a matrix, differentiated twice", whole(rng, 4, 7), 2, twice=True),
        _single(rng),
    ]


def truth(case: Case) -> dict[str, Any]:
    return _differentiated(case, lambda x: torch.clamp(x, min=0) ** 3)


def witness(case: Case) -> dict[str, Any]:
    x, weights = case.args[0].detach(), case.options["cotangent"]
    return _answer(case, _positive(x) ** 3, 3 * _positive(x) ** 2 * weights, 6 * _positive(x) * weights)


def near_misses(case: Case) -> list[NearMiss]:
    x, weights = case.args[0].detach(), case.options["cotangent"]
    right = _positive(x) ** 3
    wrong = {
        "not_clipped": (x**3, 3 * x**2 * weights, 6 * x * weights),
        "clipped_only": (_positive(x), (x > 0) * weights, _never(x)),
        "upstream_ignored": (right, 3 * _positive(x) ** 2, 6 * _positive(x)),
        "output_for_input": (right, 3 * _positive(x) ** 6 * weights, 18 * _positive(x) ** 9 * weights),
        "power_not_lowered": (right, 3 * _positive(x) ** 3 * weights, 9 * _positive(x) ** 2 * weights),
        "upstream_added": (right, 3 * _positive(x) ** 2 + weights, 6 * _positive(x)),
        "upstream_divided": (right, 3 * _positive(x) ** 2 / weights, 6 * _positive(x) / weights),
        "square_root_slope": (right, 3 * _positive(x) * weights, 3 * (x > 0) * weights),
        "slope_of_square": (right, 2 * _positive(x) * weights, 2 * (x > 0) * weights),
        "upstream_twice": (right, 3 * _positive(x) ** 2 * weights**2, _never(x)),
    }
    misses = [NearMiss(diagnosis=name, value=_answer(case, *parts)) for name, parts in wrong.items()]
    return misses if _weighted(case) else [miss for miss in misses if miss.diagnosis != "upstream_divided"]


def _weighted(case: Case) -> bool:
    """Whether the incoming gradient is not just ones: only then a division by it shows."""
    return bool((case.options["cotangent"] != 1).any())


def counterexamples() -> list[Case]:
    one, two, minus, weight = _numbers(1.0), _numbers(2.0), _numbers(-1.0), _numbers(2.0)
    return [
        _case("the number 1", one, one),
        _case("the number -1", minus, one),
        _case("the number 2", two, one),
        _case("the number 2, weight 2", two, weight),
        _case("the number 1, differentiated twice", one, one, one),
        _case("the number 2, differentiated twice", two, weight, one),
    ]


def _case(name: str, x: Tensor, cotangent: Tensor, second: Tensor | None = None, *, public: bool = False) -> Case:
    return Case(
        name=name,
        entry="CubedReLU.apply",
        args=(x.clone().requires_grad_(),),
        probe="backward",
        options={"cotangent": cotangent, "graph": True} | ({} if second is None else {"second": [second]}),
        group="once" if second is None else "twice",
        public=public,
    )


def _secret(rng, name: str, *shape: int, twice: bool = False) -> Case:
    x, cotangent, second = (normal(rng, *shape) for _ in range(3))
    x.view(-1)[0].abs_().add_(0.5)  # neither all negative
    x.view(-1)[-1].abs_().add_(0.5).neg_()  # nor all positive
    return _case(name, x, cotangent, second if twice else None)


def _single(rng) -> Case:
    return _case("a single number, differentiated twice", normal(rng).abs() + 0.5, normal(rng), normal(rng))


def _numbers(*numbers: float) -> Tensor:
    return tensor(numbers, dtype=torch.float64)


def _positive(x: Tensor) -> Tensor:
    return torch.where(x > 0, x, 0.0)


def _differentiated(case: Case, function) -> dict[str, Any]:
    x = case.args[0].detach().clone().requires_grad_()
    y = function(x)
    (gradient,) = torch.autograd.grad(y, x, case.options["cotangent"], create_graph=True)
    (curvature,) = torch.autograd.grad(gradient.sum(), x)
    return _answer(case, y.detach(), gradient.detach(), curvature)


def _answer(case: Case, value: Tensor, gradient: Tensor, curvature: Tensor) -> dict[str, Any]:
    """The parts that the case tests; `curvature` is the derivative of each gradient by its own entry of x."""
    answer = {"value": value, "gradients": [gradient]}
    second = case.options.get("second")
    return answer if second is None else answer | {"second": [curvature * second[0]]}


def _never(like: Tensor) -> Tensor:
    """A tensor that no answer equals: NaN is never within a tolerance."""
    return torch.full_like(like, torch.nan)
