import torch
from torch import Tensor


def make_matrix() -> Tensor:
    return torch.arange(9.0).reshape(3, 3).requires_grad_()


def gradient_of_sum(x: Tensor) -> Tensor:
    return gradient_of_sum_of(lambda tensor: tensor, x)


def gradient_of_sum_of(f, x: Tensor) -> Tensor:
    x = x.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(f(x).sum(), x)
    return gradient
