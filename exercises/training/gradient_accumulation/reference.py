"""An epoch with accumulated gradients: truth by the formula on large batches, witnessed by autograd on small ones."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from grader.authoring import Case, NearMiss, generator, normal, uniform, whole

Pair = tuple[Tensor, Tensor]


def cases(seed: int) -> list[Case]:
    rng = generator(seed)
    return [
        _case("four batches of one point", *_example(), lr=0.1, size=1, every=2, public=True),
        _case("two steps", *_cloud(rng, 24, 3), lr=_rate(rng), size=4, every=3),
        _case("one step for all", *_cloud(rng, 3 * whole(rng, 4, 7), 2), lr=_rate(rng), size=3, every=-1),
        _case("many steps", *_cloud(rng, 40, whole(rng, 2, 5)), lr=_rate(rng), size=2, every=4),
        _case("a step for every batch", *_cloud(rng, 5 * whole(rng, 4, 7), 2), lr=_rate(rng), size=5, every=1),
        _case("a single input", *_cloud(rng, 30, 1), lr=_rate(rng), size=3, every=5),
    ]


def truth(case: Case) -> Any:
    return _walk(case, step_at=_due)


def witness(case: Case) -> Any:
    x, y, weight, bias, lr, size, every = case.args
    parameters = [weight.clone().requires_grad_(), bias.clone().requires_grad_()]
    optimizer = torch.optim.SGD(parameters, lr=lr)
    for large_x, large_y in zip(x.split(size * every), y.split(size * every), strict=True):
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(large_x @ parameters[0] + parameters[1], large_y).backward()
        optimizer.step()
    return tuple(parameter.detach() for parameter in parameters)


def near_misses(case: Case) -> list[NearMiss]:
    _, _, weight, bias, *_, every = case.args
    right = truth(case)
    wrong = {
        "not_divided": [_walk(case, step_at=_due, factor=every)],
        "stepped_every_batch": [_walk(case, step_at=_always, factor=factor) for factor in (1, every)],
        "never_zeroed": [_walk(case, step_at=_due, zero_at=lambda number, every: False)],
        "first_batch_again": [_walk(case, step_at=_due, first_only=True)],
        "last_batch_only": [_walk(case, step_at=_due, zero_at=_always)],
        "one_batch_early": [_walk(case, step_at=lambda number, every: number % every == 1 % every)],
        "uphill": [_walk(case, step_at=_due, factor=-1)],
        "half_error": [_walk(case, step_at=_due, factor=0.5)],
        "sum_of_errors": [_walk(case, step_at=_due, factor=case.args[5])],
        "divided_by_batch": [_walk(case, step_at=_due, factor=1 / case.args[5])],
        "divided_twice": [_walk(case, step_at=_due, factor=1 / every)],
        "not_divided_and_never_zeroed": [_walk(case, step_at=_due, factor=every, zero_at=lambda number, every: False)],
        "broadcast_targets": [_walk(case, step_at=_due, targets=lambda y: y.mean().expand_as(y))],
        "never_stepped": [(weight, right[1])],  # for the bias alone, `bias_not_trained` is the better message
        "bias_not_trained": [(right[0], bias)],
    }
    return [NearMiss(diagnosis=name, value=value) for name, values in wrong.items() for value in values]


def counterexamples() -> list[Case]:
    x, y = _column([1.0, 2.0, 1.0, -1.0]), torch.tensor([1.0, 3.0, 0.0, 2.0], dtype=torch.float64)
    zero = torch.zeros(1, dtype=torch.float64)
    return [
        _case("one batch", x[:1], y[:1], zero, zero, lr=0.5, size=1, every=1),
        _case("two batches, one step", x[:2], y[:2], zero, zero, lr=0.5, size=1, every=2),
        _case("two batches, two steps", x[:2], y[:2], zero, zero, lr=0.5, size=1, every=1),
        _case("four batches, two steps", x, y, zero, zero, lr=0.5, size=1, every=2),
        _case("two batches of two points", x, y, zero, zero, lr=0.5, size=2, every=2),
    ]


# Cases


def _case(
    name: str,
    x: Tensor,
    y: Tensor,
    weight: Tensor,
    bias: Tensor,
    *,
    lr: float,
    size: int,
    every: int,
    public: bool = False,
) -> Case:
    """Return a case with batches of `size` and a step after `every` of them (if -1, after all)."""
    steps = len(x) // size if every < 0 else every
    return Case(name=name, entry="train_epoch", args=(x, y, weight, bias, lr, size, steps), public=public)


def _example() -> tuple[Tensor, ...]:
    x = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [2.0, -1.0]], dtype=torch.float64)
    y = torch.tensor([1.0, 2.0, 0.5, 3.0], dtype=torch.float64)
    return x, y, torch.zeros(2, dtype=torch.float64), torch.zeros(1, dtype=torch.float64)


def _cloud(rng: Any, points: int, inputs: int) -> tuple[Tensor, ...]:
    x = normal(rng, points, inputs) + 0.5
    y = x @ normal(rng, inputs) + 1 + normal(rng, points, scale=0.3)
    return x, y, normal(rng, inputs), normal(rng, 1)


def _rate(rng: Any) -> float:
    return round(float(uniform(rng, low=0.02, high=0.08)), 3)


def _column(values: Sequence[float]) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)[:, None]


# The epoch


def _due(number: int, every: int) -> bool:
    return number % every == 0


def _always(number: int, every: int) -> bool:
    return True


def _walk(
    case: Case,
    *,
    step_at: Callable[[int, int], bool],
    zero_at: Callable[[int, int], bool] | None = None,
    factor: float = 1,
    targets: Callable[[Tensor], Tensor] = lambda y: y,
    first_only: bool = False,
) -> Pair:
    """Return weight and bias, with steps and zeroing (by default after the step) at the given batches.

    `first_only`: each batch has the points of the first one.
    """
    x, y, weight, bias, lr, size, every = case.args
    if first_only:
        x, y = x[:size].repeat(len(x) // size, 1), y[:size].repeat(len(y) // size)
    total = torch.zeros_like(weight), torch.zeros_like(bias)
    for number, (batch_x, batch_y) in enumerate(zip(x.split(size), y.split(size), strict=True), start=1):
        error = 2 * factor * (batch_x @ weight + bias - targets(batch_y)) / every
        total = total[0] + (error[:, None] * batch_x).mean(0), total[1] + error.mean()
        if step_at(number, every):
            weight, bias = weight - lr * total[0], bias - lr * total[1]
        if (zero_at or step_at)(number, every):
            total = torch.zeros_like(weight), torch.zeros_like(bias)
    return weight, bias
