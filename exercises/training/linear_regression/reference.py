"""Gradient descent on a straight line: truth by the gradient's formula, witnessed by autograd and `torch.optim`."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from grader.authoring import Case, Chart, Floats, NearMiss, generator, normal, uniform, whole

Step = Callable[[Tensor, Tensor, Tensor, Tensor], tuple[Tensor, Tensor]]


def cases(seed: int) -> list[Case]:
    rng = generator(seed)
    return [
        _case("four points on a line", *_example(), lr=0.1, epochs=10, public=True),
        _case("a cloud of points", *_cloud(rng, whole(rng, 20, 40)), lr=_rate(rng), epochs=whole(rng, 12, 20)),
        _case("three points", *_cloud(rng, 3), lr=_rate(rng), epochs=whole(rng, 5, 9)),
        _case("a single epoch", *_cloud(rng, whole(rng, 6, 11)), lr=_rate(rng), epochs=1),
        _case("a start far away", *_cloud(rng, whole(rng, 6, 11), away=50.0), lr=_rate(rng), epochs=whole(rng, 6, 10)),
    ]


def truth(case: Case) -> Any:
    return _descend(case, _gradient)


def witness(case: Case) -> Any:
    x, y, weight, bias, lr, epochs = case.args
    layer = torch.nn.Linear(1, 1, dtype=torch.float64)
    with torch.no_grad():
        layer.weight.copy_(weight.reshape(1, 1))
        layer.bias.copy_(bias)
    optimizer, losses = torch.optim.SGD(layer.parameters(), lr=lr), []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(layer(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return {"weight": layer.weight.detach().reshape(1), "bias": layer.bias.detach(), "losses": losses}


def near_misses(case: Case) -> list[NearMiss]:
    epochs, right = case.args[5], _descend(case, _gradient)
    longer, shorter = (_descend(case, _gradient, epochs=number) for number in (epochs + 1, epochs - 1))
    unmoved, halved, summed = (_descend(case, _scaled(factor)) for factor in (0.0, 0.5, len(case.args[0])))
    wrong = {
        "never_zeroed": [_descend(case, _accumulated())],
        "summed_and_never_zeroed": [
            answer | {"losses": losses}
            for answer in (_descend(case, _accumulated(len(case.args[0]))),)
            for losses in (answer["losses"], _times(answer["losses"], len(case.args[0])))
        ],
        "half_and_never_zeroed": [_descend(case, _accumulated(0.5))],
        "momentum_added": [_descend(case, _with_momentum(rate)) for rate in (0.9, 0.5, 0.99)],
        "other_optimizer": [_optimized(case, name) for name in ("Adam", "RMSprop", "AdamW", "Adagrad")],
        "absolute_error": [_descend(case, _absolute, loss=_absolute_loss)],
        "stale": [_descend(case, _delayed()), _descend(case, _delayed(first=0.0))],
        "sum_of_errors": [summed, summed | {"losses": _times(summed["losses"], len(case.args[0]))}],
        "half_error": [halved, halved | {"losses": _times(halved["losses"], 0.5)}],
        "uphill": [_descend(case, _scaled(-1.0))],
        "steps_doubled": [_descend(case, _scaled(2.0))],
        "rate_of_bias_forgotten": [_descend(case, lambda *at: (_gradient(*at)[0], _gradient(*at)[1] / case.args[4]))],
        "rate_forgotten": [_descend(case, _scaled(1 / case.args[4]))],
        "root_of_error": [_descend(case, _of_root, loss=lambda *at: _loss(*at).sqrt())],
        "losses_summed": [right | {"losses": _times(right["losses"], len(case.args[0]))}],
        "broadcast_targets": [_descend(case, _broadcast, loss=_broadcast_loss)],
        "bias_not_trained": [_descend(case, lambda *at: (_gradient(*at)[0], torch.zeros_like(at[3])))],
        "one_after_the_other": [_one_after_the_other(case)],
        "loss_after_step": [right | {"losses": Floats(longer["losses"].values[1:])}],
        "one_epoch_more": [longer],
        "one_epoch_less": [shorter],
        "never_stepped": [
            unmoved,
            unmoved | {"bias": right["bias"]},
        ],  # for the bias alone, `bias_not_trained` is the better message
    }
    return [NearMiss(diagnosis=name, value=value) for name, values in wrong.items() for value in values]


def counterexamples() -> list[Case]:
    zero = torch.zeros(1, dtype=torch.float64)
    x, y = torch.tensor([[1.0], [2.0]], dtype=torch.float64), torch.tensor([[3.0], [2.0]], dtype=torch.float64)
    return [
        _case("one point, one epoch", x[:1], y[:1], zero, zero, lr=0.25, epochs=1),
        _case("two points, one epoch", x, y, zero, zero, lr=0.25, epochs=1),
        _case("two points, two epochs", x, y, zero, zero, lr=0.25, epochs=2),
        _case("two points, three epochs", x, y, zero, zero, lr=0.25, epochs=3),
    ]


def chart(case: Case, value: Any) -> Chart:
    """The loss of every epoch."""
    losses = value.get("losses", [])
    return Chart(
        title="Loss", lines={"loss": losses.values if isinstance(losses, Floats) else [float(x) for x in losses]}
    )


# Cases


def _case(
    name: str, x: Tensor, y: Tensor, weight: Tensor, bias: Tensor, *, lr: float, epochs: int, public: bool = False
) -> Case:
    return Case(name=name, entry="train", args=(x, y, weight, bias, lr, epochs), public=public)


def _example() -> tuple[Tensor, ...]:
    x = torch.tensor([[-1.0], [0.0], [1.0], [2.0]], dtype=torch.float64)
    return x, 2 * x - 1, torch.tensor([0.5], dtype=torch.float64), torch.zeros(1, dtype=torch.float64)


def _cloud(rng: Any, points: int, *, away: float = 1.0) -> tuple[Tensor, ...]:
    slope, height = normal(rng, 2, scale=2.0)
    x = normal(rng, points, 1) + 0.7
    y = slope * x + height + normal(rng, points, 1, scale=0.3)
    return x, y, slope + away * (1 + uniform(rng, 1)), height - away * (1 + uniform(rng, 1))


def _rate(rng: Any) -> float:
    return round(float(uniform(rng, low=0.02, high=0.08)), 3)


# Descent


def _descend(case: Case, gradient: Step, *, epochs: int | None = None, loss: Any = None) -> dict[str, Any]:
    """Return the answer of a descent along `gradient`, with the losses of `loss` (default: the mean squared error)."""
    x, y, weight, bias, lr, usual = case.args
    losses = []
    for _ in range(usual if epochs is None else epochs):
        losses.append(float((loss or _loss)(x, y, weight, bias)))
        at_weight, at_bias = gradient(x, y, weight, bias)
        weight, bias = weight - lr * at_weight, bias - lr * at_bias
    return {"weight": weight, "bias": bias, "losses": Floats(tuple(losses))}


def _loss(x: Tensor, y: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return ((weight * x + bias - y) ** 2).mean()


def _gradient(x: Tensor, y: Tensor, weight: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
    error = 2 * (weight * x + bias - y)
    return (error * x).mean(0), error.mean(0)


def _scaled(factor: float) -> Step:
    return lambda *at: (factor * _gradient(*at)[0], factor * _gradient(*at)[1])


def _accumulated(factor: float = 1.0) -> Step:
    """Return a gradient, times a factor, that adds up from call to call."""
    return _with_momentum(1.0, factor)


def _with_momentum(rate: float, factor: float = 1.0) -> Step:
    """Return a gradient that adds the ones before, each call weaker by the rate."""
    total = [0.0, 0.0]

    def gradient(*at: Tensor) -> tuple[Tensor, Tensor]:
        total[:] = [rate * old + factor * new for old, new in zip(total, _gradient(*at), strict=True)]
        return total[0], total[1]

    return gradient


def _delayed(first: float = 1.0) -> Step:
    """Return the gradient of the previous call; in the first call, its own times `first`."""
    last: list[tuple[Tensor, Tensor]] = []

    def gradient(*at: Tensor) -> tuple[Tensor, Tensor]:
        last.append(_gradient(*at))
        factor = 1.0 if len(last) > 1 else first
        return factor * last[max(len(last) - 2, 0)][0], factor * last[max(len(last) - 2, 0)][1]

    return gradient


def _of_root(*at: Tensor) -> tuple[Tensor, Tensor]:
    """The gradient of the root of the mean squared error."""
    weight, bias = _gradient(*at)
    return weight / (2 * _loss(*at).sqrt()), bias / (2 * _loss(*at).sqrt())


def _absolute(x: Tensor, y: Tensor, weight: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
    """The gradient of the mean absolute error."""
    sign = (weight * x + bias - y).sign()
    return (sign * x).mean(0), sign.mean(0)


def _absolute_loss(x: Tensor, y: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return (weight * x + bias - y).abs().mean()


def _optimized(case: Case, name: str) -> dict[str, Any]:
    """Return the answer of one of torch's other optimizers."""
    x, y, weight, bias, lr, epochs = case.args
    parameters = [weight.clone().requires_grad_(), bias.clone().requires_grad_()]
    optimizer, losses = getattr(torch.optim, name)(parameters, lr=lr), []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = _loss(x, y, *parameters)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return {"weight": parameters[0].detach(), "bias": parameters[1].detach(), "losses": Floats(tuple(losses))}


def _times(losses: Floats, factor: float) -> Floats:
    return Floats(tuple(factor * loss for loss in losses.values))


def _broadcast(x: Tensor, y: Tensor, weight: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
    """The gradient if every prediction is compared with every target: all move towards the mean target."""
    return _gradient(x, y.mean(0, keepdim=True).expand_as(y), weight, bias)


def _broadcast_loss(x: Tensor, y: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return ((weight * x + bias - y.T) ** 2).mean()


def _one_after_the_other(case: Case) -> dict[str, Any]:
    """Return the answer if the bias moves by the gradient at the weight that has already moved."""
    x, y, weight, bias, lr, epochs = case.args
    losses = []
    for _ in range(epochs):
        losses.append(float(_loss(x, y, weight, bias)))
        weight = weight - lr * _gradient(x, y, weight, bias)[0]
        bias = bias - lr * _gradient(x, y, weight, bias)[1]
    return {"weight": weight, "bias": bias, "losses": Floats(tuple(losses))}
