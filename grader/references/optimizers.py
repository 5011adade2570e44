"""The update rules of SGD, RMSprop and Adam as formulas. Formulas and defaults are those of `torch.optim`.

Sources: Sutskever et al., "On the importance of initialization and momentum in deep learning", 2013 (momentum as torch
writes it); Tieleman and Hinton, lecture 6.5 "RMSprop", 2012; Kingma and Ba, "Adam", 2015, algorithm 1.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from grader.references.autograd import gradient

State = dict[str, Any]
Rule = Callable[[Tensor, Tensor, State], tuple[Tensor, State]]


def sgd_step(p: Tensor, g: Tensor, state: State, lr: float, momentum: float = 0.0) -> tuple[Tensor, State]:
    """Return p - lr * b and the new state, with b = momentum * b + g (b = g in the first step)."""
    if momentum == 0:
        return p - lr * g, dict(state)
    buffer = g.clone() if "momentum_buffer" not in state else momentum * state["momentum_buffer"] + g
    return p - lr * buffer, {"momentum_buffer": buffer}


def rmsprop_step(
    p: Tensor, g: Tensor, state: State, lr: float, alpha: float = 0.99, eps: float = 1e-8
) -> tuple[Tensor, State]:
    """Return p - lr * g / (sqrt(v) + eps) and the new state, with v = alpha * v + (1 - alpha) * g^2."""
    square = alpha * state.get("square_avg", torch.zeros_like(p)) + (1 - alpha) * g * g
    return p - lr * g / (square.sqrt() + eps), {"square_avg": square}


def adam_step(
    p: Tensor, g: Tensor, state: State, lr: float, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8
) -> tuple[Tensor, State]:
    """Return p - lr * m_hat / (sqrt(v_hat) + eps) and the new state, with both moments corrected for their bias."""
    step = state.get("step", 0) + 1
    mean = betas[0] * state.get("exp_avg", torch.zeros_like(p)) + (1 - betas[0]) * g
    square = betas[1] * state.get("exp_avg_sq", torch.zeros_like(p)) + (1 - betas[1]) * g * g
    mean_hat, square_hat = mean / (1 - betas[0] ** step), square / (1 - betas[1] ** step)
    return p - lr * mean_hat / (square_hat.sqrt() + eps), {"step": step, "exp_avg": mean, "exp_avg_sq": square}


def trajectory(f: Callable[[Tensor], Tensor], start: Tensor, steps: int, rule: Rule) -> Tensor:
    """Return the points that `rule` visits while it minimizes f, from the start on; shape (steps + 1, *start.shape)."""
    points: list[Tensor] = [start.detach().clone()]
    state: State = {}
    for _ in range(steps):
        point, state = rule(points[-1], gradient(f, points[-1]), state)
        points.append(point)
    return torch.stack(points)


def optim_trajectory(
    f: Callable[[Tensor], Tensor],
    start: Tensor,
    steps: int,
    optimizer: Callable[[list[Tensor]], torch.optim.Optimizer],
) -> Tensor:
    """Return the same points, computed by an optimizer of `torch.optim`: the witness of the formulas."""
    point = start.detach().clone().requires_grad_()
    optim, points = optimizer([point]), [point.detach().clone()]
    for _ in range(steps):
        optim.zero_grad()
        f(point).backward()  # type: ignore[no-untyped-call]
        optim.step()
        points.append(point.detach().clone())
    return torch.stack(points)
