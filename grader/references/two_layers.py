"""The network tanh(x W1 + b1) W2 + b2 with cross-entropy: its gradients by autograd, by hand, and with mistakes.

Parameters are a dict of w1 (d, h), b1 (h,), w2 (h, k) and b2 (k,); x is (n, d), y (n,) holds class numbers.
"""

from collections.abc import Callable

import torch
from torch import Generator, Tensor
from torch.nn.functional import cross_entropy, mse_loss, nll_loss, one_hot

from grader.packages.cases import NearMiss

Params = dict[str, Tensor]
Problem = tuple[Params, Tensor, Tensor]
Loss = Callable[[Tensor, Tensor], Tensor]


def example() -> Problem:
    """Return two points, two units and two classes, with short numbers."""
    params = {
        "w1": _numbers([[0.5, -1.0], [1.0, 0.25]]),
        "b1": _numbers([0.1, -0.2]),
        "w2": _numbers([[1.0, -0.5], [0.5, 1.5]]),
        "b2": _numbers([0.0, 0.3]),
    }
    return params, _numbers([[1.0, 2.0], [-1.0, 0.5]]), torch.tensor([1, 0])


def smallest() -> Problem:
    """Return two points with one input, one unit and two classes."""
    params = {
        "w1": _numbers([[1.0]]),
        "b1": _numbers([0.5]),
        "w2": _numbers([[1.0, -1.0]]),
        "b2": _numbers([0.0, 0.5]),
    }
    return params, _numbers([[1.0], [-1.0]]), torch.tensor([0, 0])


def network(
    rng: Generator, *, points: int, inputs: int, hidden: int, classes: int, confidence: float | None = None
) -> Problem:
    """Return a random network with points.

    If `confidence` is given, the logits are large and every label is wrong, so that the gradient is not zero.
    """
    params = {
        "w1": 0.7 * _normal(rng, inputs, hidden),
        "b1": 0.5 * _normal(rng, hidden),
        "w2": (confidence or 1.0) * _normal(rng, hidden, classes),
        "b2": 0.5 * _normal(rng, classes),
    }
    x = _normal(rng, points, inputs)
    if confidence is not None:
        return params, x, _logits(params, x).argmin(1)
    return params, x, torch.randint(0, classes, (points,), generator=rng)


def gradients(
    problem: Problem, loss: Loss = cross_entropy, *, activation: Callable[[Tensor], Tensor] = torch.tanh
) -> Params:
    """Return the gradients of the mean cross-entropy, or another loss of logits and labels, by autograd."""
    params, x, y = problem
    tracked = {name: value.detach().clone().requires_grad_() for name, value in params.items()}
    found = torch.autograd.grad(loss(_logits(tracked, x, activation), y), list(tracked.values()))
    return dict(zip(tracked, found, strict=True))


def by_hand(problem: Problem, *, slope: bool = True, summed: bool = True) -> Params:
    """Return the gradients by the chain rule. `slope` and `summed` switch off the slope of tanh and the bias sums."""
    params, x, y = problem
    hidden = torch.tanh(x @ params["w1"] + params["b1"])
    logits = hidden @ params["w2"] + params["b2"]
    at_logits = (logits.softmax(1) - one_hot(y, logits.shape[1])) / len(x)
    at_hidden = at_logits @ params["w2"].T * (1 - hidden**2 if slope else 1)
    biases = {"b1": at_hidden, "b2": at_logits}
    weights = {"w1": x.T @ at_hidden, "w2": hidden.T @ at_logits}
    return weights | {name: value.sum(0) if summed else value for name, value in biases.items()}


def near_misses(problem: Problem) -> list[NearMiss]:
    """Return the wrong gradients that learners often compute."""
    return [
        NearMiss(diagnosis="softmax_twice", value=gradients(problem, lambda z, y: cross_entropy(z.softmax(1), y))),
        NearMiss(diagnosis="log_forgotten", value=gradients(problem, lambda z, y: nll_loss(z.softmax(1), y))),
        NearMiss(diagnosis="squared_error", value=gradients(problem, _squared_error)),
        NearMiss(diagnosis="other_activation", value=gradients(problem, activation=torch.relu)),
        NearMiss(diagnosis="other_activation", value=gradients(problem, activation=torch.sigmoid)),
        NearMiss(diagnosis="no_activation", value=gradients(problem, activation=lambda a: a)),
        NearMiss(diagnosis="bias_forgotten", value=_without_bias(problem)),
        NearMiss(diagnosis="second_bias_forgotten", value=_without_bias(problem, "b2")),
        NearMiss(diagnosis="tanh_forgotten", value=by_hand(problem, slope=False)),
        NearMiss(diagnosis="bias_not_summed", value=by_hand(problem, summed=False)),
    ]


def _without_bias(problem: Problem, name: str = "b1") -> Params:
    """Return the gradients if a bias takes no part."""
    params, x, y = problem
    found = gradients(({**params, name: torch.zeros_like(params[name])}, x, y))
    return found | {name: torch.zeros_like(found[name])}


def _logits(params: Params, x: Tensor, activation: Callable[[Tensor], Tensor] = torch.tanh) -> Tensor:
    return activation(x @ params["w1"] + params["b1"]) @ params["w2"] + params["b2"]


def _squared_error(logits: Tensor, y: Tensor) -> Tensor:
    return mse_loss(logits, one_hot(y, logits.shape[1]).to(logits.dtype))


def _normal(rng: Generator, *shape: int) -> Tensor:
    return torch.randn(shape, generator=rng, dtype=torch.float64)


def _numbers(values: list[float] | list[list[float]]) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)
