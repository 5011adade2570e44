import torch
from torch import Tensor


def meta_gradient(f, theta: Tensor, lr: float, steps: int) -> Tensor:
    start = theta.detach().requires_grad_()
    point = start
    for _ in range(steps):
        (gradient,) = torch.autograd.grad(f(point), point, create_graph=True)
        point = point - lr * gradient
    (result,) = torch.autograd.grad(f(point), start)
    return result
