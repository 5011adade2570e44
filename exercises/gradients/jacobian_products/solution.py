import torch
from torch import Tensor


def powers(x: Tensor) -> Tensor:
    return torch.stack([x[0] ** 2, x[1] ** 3, x[2] ** 4])


def powers_vjp(x: Tensor, v: Tensor) -> Tensor:
    x = x.detach().requires_grad_()
    (product,) = torch.autograd.grad(powers(x), x, v)
    return product


def jacobian(f, x: Tensor) -> Tensor:
    x = x.detach().requires_grad_()
    y = f(x)
    units = torch.eye(y.numel(), dtype=y.dtype)
    rows = [torch.autograd.grad(y, x, unit, retain_graph=True)[0] for unit in units]
    return torch.stack(rows)
