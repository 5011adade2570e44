import torch
from torch import Tensor


def derivatives(f, x: Tensor, order: int) -> list[Tensor]:
    x = x.detach().requires_grad_()
    current, found = f(x), []
    for _ in range(order):
        current = derivative(current, x)
        found.append(current)
    return found


def derivative(y: Tensor, x: Tensor) -> Tensor:
    if not y.requires_grad:
        return torch.zeros_like(x)
    (result,) = torch.autograd.grad(y.sum(), x, create_graph=True, allow_unused=True, materialize_grads=True)
    return result
