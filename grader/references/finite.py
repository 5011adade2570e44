"""Witnesses by central differences with one step of Richardson extrapolation; error O(h^4).

Source: Abramowitz and Stegun, "Handbook of Mathematical Functions", 25.3.21 and 25.3.23.
"""

from collections.abc import Callable

import torch
from torch import Tensor

STEP = 1e-3


def gradient(f: Callable[[Tensor], Tensor], x: Tensor, *, step: float = STEP) -> Tensor:
    """Return the gradient of `f(x).sum()` with respect to x (float64); shape of x."""
    flat = x.detach().reshape(-1)
    entries = [_slope(lambda t, i=i: f(_moved(x, i, t)).sum(), step) for i in range(flat.numel())]  # type: ignore[misc]
    return torch.stack(entries).reshape(x.shape)


def jacobian(f: Callable[[Tensor], Tensor], x: Tensor, *, step: float = STEP) -> Tensor:
    """Return the Jacobian of f at a vector x; shape (outputs, inputs)."""
    columns = [_slope(lambda t, i=i: f(_moved(x, i, t)), step) for i in range(x.numel())]  # type: ignore[misc]
    return torch.stack(columns, dim=-1)


def derivative(f: Callable[[Tensor], Tensor], x: Tensor, *, step: float = STEP) -> Tensor:
    """Return the derivative of an elementwise f at x; shape of x."""
    return _slope(lambda t: f(x.detach() + t), step)


def _slope(g: Callable[[float], Tensor], step: float) -> Tensor:
    coarse = (g(2 * step) - g(-2 * step)) / (4 * step)
    fine = (g(step) - g(-step)) / (2 * step)
    return ((4 * fine - coarse) / 3).detach()


def _moved(x: Tensor, index: int, by: float) -> Tensor:
    moved = x.detach().clone()
    moved.view(-1)[index] += by
    return moved
