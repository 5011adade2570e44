import torch
from torch import Tensor


def slope(x: Tensor) -> Tensor:
    x = x.detach().requires_grad_()
    (gradient,) = torch.autograd.grad((x**3).sum(), x)
    return gradient
