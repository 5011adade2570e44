import torch
from torch import Tensor


def sin_derivatives(x: Tensor) -> tuple[Tensor, Tensor]:
    return derivatives_of(torch.sin, x)


def derivatives_of(f, x: Tensor) -> tuple[Tensor, Tensor]:
    x = x.detach().clone().requires_grad_()
    (first,) = torch.autograd.grad(f(x).sum(), x, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), x)
    return first, second
