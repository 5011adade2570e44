import torch
from torch import Tensor


def scaled_exp_gradient(x: Tensor, scale: float) -> Tensor:
    x = x.detach().requires_grad_()
    y = scale * torch.exp(x)
    (gradient,) = torch.autograd.grad(y.sum(), x)
    return gradient
