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


def sgd_late(
    p: Tensor, g: Tensor, state: State, lr: float, momentum: float = 0.0, *, first: float = 0.0
) -> tuple[Tensor, State]:
    """Step with the buffer of the step before, and update it afterwards; it begins as `first` times the gradient."""
    buffer = state.get("buffer", first * g)
    return p - lr * buffer, {"buffer": momentum * buffer + g}


def rmsprop_late(
    p: Tensor, g: Tensor, state: State, lr: float, alpha: float = 0.99, eps: float = 1e-8
) -> tuple[Tensor, State]:
    """Divide by the average of the step before, and update it afterwards."""
    square = state.get("square", torch.zeros_like(p))
    return p - lr * g / (square.sqrt() + eps), {"square": alpha * square + (1 - alpha) * g * g}


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
    power: int = 2,
) -> tuple[Tensor, State]:
    """RMSprop with the epsilon `inside` the root, without the root, or with another `power` of the gradient's size."""
    square = alpha * state.get("square", torch.zeros_like(p)) + (1 - alpha) * g.abs() ** power
    return p - lr * g / _size(square, eps, inside=inside, rooted=rooted), {"square": square}


def rmsprop_summed(
    p: Tensor, g: Tensor, state: State, lr: float, alpha: float = 0.99, eps: float = 1e-8
) -> tuple[Tensor, State]:
    """Add up all squares, as Adagrad does, instead of averaging them."""
    square = state.get("square", torch.zeros_like(p)) + g * g
    return p - lr * g / (square.sqrt() + eps), {"square": square}


def adam_corrected_twice(
    p: Tensor,
    g: Tensor,
    state: State,
    lr: float,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
) -> tuple[Tensor, State]:
    """Keep the corrected averages in the state, so that the next step corrects them again."""
    step = state.get("step", 0) + 1
    mean = betas[0] * state.get("mean", torch.zeros_like(p)) + (1 - betas[0]) * g
    square = betas[1] * state.get("square", torch.zeros_like(p)) + (1 - betas[1]) * g * g
    mean, square = mean / (1 - betas[0] ** step), square / (1 - betas[1] ** step)
    return p - lr * mean / (square.sqrt() + eps), {"step": step, "mean": mean, "square": square}


def adam_gradient_for_mean(
    p: Tensor,
    g: Tensor,
    state: State,
    lr: float,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
) -> tuple[Tensor, State]:
    """Step along the gradient itself instead of its average."""
    step = state.get("step", 0) + 1
    square = betas[1] * state.get("square", torch.zeros_like(p)) + (1 - betas[1]) * g * g
    return p - lr * g / ((square / (1 - betas[1] ** step)).sqrt() + eps), {"step": step, "square": square}


def adam(
    p: Tensor,
    g: Tensor,
    state: State,
    lr: float,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    *,
    corrected: bool | tuple[bool, bool] = True,
    inside: bool = False,
    rooted: bool = True,
    swapped: bool = False,
    count: Callable[[int], int] = lambda step: step,
) -> tuple[Tensor, State]:
    """Adam without the bias correction, with the epsilon `inside` the root, or without the root.

    `corrected` can be a pair: for the mean, and for the mean square. If `swapped` is set, the weights of the old
    average and the new number are swapped. `count` can number the steps differently.
    """
    step = state.get("step", 0) + 1
    old = (1 - betas[0], 1 - betas[1]) if swapped else betas
    mean = old[0] * state.get("mean", torch.zeros_like(p)) + (1 - old[0]) * g
    square = old[1] * state.get("square", torch.zeros_like(p)) + (1 - old[1]) * g * g
    number = count(step)
    both = corrected if isinstance(corrected, tuple) else (corrected, corrected)
    first, second = (1 - beta**number if right else 1.0 for beta, right in zip(betas, both, strict=True))
    size = _size(square / second, eps, inside=inside, rooted=rooted)
    return p - lr * mean / first / size, {"step": step, "mean": mean, "square": square}


def _size(square: Tensor, eps: float, *, inside: bool, rooted: bool) -> Tensor:
    if not rooted:
        return square + eps
    return (square + eps).sqrt() if inside else square.sqrt() + eps
