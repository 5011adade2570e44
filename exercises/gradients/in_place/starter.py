import torch
from torch import Tensor


def scaled_exp_gradient(x: Tensor, scale: float) -> Tensor:
    """Return the gradient of (scale * exp(x)).sum() with respect to x."""
    x.requires_grad_()
    e = torch.exp(x)
    e *= scale  # does backward need the old numbers?
    e.sum().backward()
    return x.grad
