import torch
from torch import Tensor


def hvp(f, x: Tensor, v: Tensor) -> Tensor:
    """Return the Hessian of f at x, times v."""
    x = x.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(f(x), x)
    # Differentiate the gradient once more. When do you use v?
    return gradient
