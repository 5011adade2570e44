import torch
from torch import Tensor


def powers(x: Tensor) -> Tensor:
    """Return (x0 ** 2, x1 ** 3, x2 ** 4), with the graph that leads back to x."""
    return torch.tensor([x[0] ** 2, x[1] ** 3, x[2] ** 4], dtype=x.dtype)  # does this keep the graph?


def powers_vjp(x: Tensor, v: Tensor) -> Tensor:
    """Return the vector-Jacobian product of the powers at x."""
    x.requires_grad_()
    y = powers(x)
    # Call backward on y with v.
    return x.grad


def jacobian(f, x: Tensor) -> Tensor:
    """Return the Jacobian of f at x, one row for each output and one column for each input."""
    return None
