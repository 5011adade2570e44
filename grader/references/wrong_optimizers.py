"""Update rules with the mistakes of learners (near misses). Parameters are those of the right rule in `optimizers`."""

from collections.abc import Callable

import torch
from torch import Tensor

from grader.references.optimizers import State


def sgd_dampened(p: Tensor, g: Tensor, state: State, lr: float, momentum: float = 0.0) -> tuple[Tensor, State]:
    """Average the gradients instead of adding them up: b = momentum * b + (1 - momentum) * g."""
    buffer = momentum * state.get("buffer", torch.zeros_like(p)) + (1 - momentum) * g
    return p - lr * buffer, {"buffer": buffer}


def sgd_plain(p: Tensor, g: Tensor, state: State, lr: float, momentum: float = 0.0) -> tuple[Tensor, State]:
    """Ignore the momentum."""
    return p - lr * g, {}


def rmsprop(
    p: Tensor,
    g: Tensor,
    state: State,
    lr: float,
    alpha: float = 0.99,
    eps: float = 1e-8,
    *,
    inside: bool = False,
    rooted: bool = True,
) -> tuple[Tensor, State]:
    """RMSprop with the epsilon `inside` the root, or without the root."""
    square = alpha * state.get("square", torch.zeros_like(p)) + (1 - alpha) * g * g
    return p - lr * g / _size(square, eps, inside=inside, rooted=rooted), {"square": square}


def adam(
    p: Tensor,
    g: Tensor,
    state: State,
    lr: float,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    *,
    corrected: bool = True,
    inside: bool = False,
    rooted: bool = True,
    swapped: bool = False,
    count: Callable[[int], int] = lambda step: step,
) -> tuple[Tensor, State]:
    """Adam without the bias correction, with the epsilon `inside` the root, or without the root.

    If `swapped` is set, the weights of the old average and the new number are swapped. `count` can number the steps
    differently.
    """
    step = state.get("step", 0) + 1
    old = (1 - betas[0], 1 - betas[1]) if swapped else betas
    mean = old[0] * state.get("mean", torch.zeros_like(p)) + (1 - old[0]) * g
    square = old[1] * state.get("square", torch.zeros_like(p)) + (1 - old[1]) * g * g
    number = count(step)
    first, second = (1 - betas[0] ** number, 1 - betas[1] ** number) if corrected else (1.0, 1.0)
    size = _size(square / second, eps, inside=inside, rooted=rooted)
    return p - lr * mean / first / size, {"step": step, "mean": mean, "square": square}


def _size(square: Tensor, eps: float, *, inside: bool, rooted: bool) -> Tensor:
    if not rooted:
        return square + eps
    return (square + eps).sqrt() if inside else square.sqrt() + eps
