import torch
from torch import Tensor


def make_matrix() -> Tensor:
    """Return a 3 x 3 tensor that autograd tracks."""
    return torch.zeros(3, 3)  # does autograd track this one?


def gradient_of_sum(x: Tensor) -> Tensor:
    """Return the gradient of x.sum() with respect to x."""
    # Track x, compute the sum, go backward.
    return None


def gradient_of_sum_of(f, x: Tensor) -> Tensor:
    """Return the gradient of f(x).sum() with respect to x."""
    return None
