import torch
from torch import Tensor


def sgd_step(p: Tensor, g: Tensor, state: dict, lr: float, momentum: float) -> tuple[Tensor, dict]:
    """Return the point after a step of SGD with momentum, and the new state."""
    return p, state


def rmsprop_step(p: Tensor, g: Tensor, state: dict, lr: float, alpha: float, eps: float) -> tuple[Tensor, dict]:
    """Return the point after a step of RMSprop, and the new state."""
    return p, state


def adam_step(
    p: Tensor, g: Tensor, state: dict, lr: float, betas: tuple[float, float], eps: float
) -> tuple[Tensor, dict]:
    """Return the point after a step of Adam, and the new state."""
    return p, state
