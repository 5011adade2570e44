import torch
from torch import Tensor


def meta_gradient(f, theta: Tensor, lr: float, steps: int) -> Tensor:
    """Return the gradient of f, after `steps` steps of gradient descent, with respect to the start theta."""
    start = theta.detach().requires_grad_()
    point = start
    for _ in range(steps):
        (gradient,) = torch.autograd.grad(f(point), point)  # does this gradient have a graph?
        point = point - lr * gradient
    return torch.autograd.grad(f(point), start)[0]
