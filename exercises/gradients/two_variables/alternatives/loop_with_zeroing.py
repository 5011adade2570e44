from typing import NamedTuple

import torch


class Gradients(NamedTuple):
    x: torch.Tensor
    y: torch.Tensor


def gradients(x, y):
    """One entry at a time, each with a backward pass of its own."""
    x, y = torch.nn.Parameter(x.clone()), torch.nn.Parameter(y.clone())
    dx, dy = torch.zeros_like(x), torch.zeros_like(y)
    for i in range(x.numel()):
        x.grad = y.grad = None
        z = x.reshape(-1)[i] ** 2 + y.reshape(-1)[i] ** 3
        z.backward()
        dx += x.grad
        dy += y.grad
    return Gradients(dx.detach(), dy.detach())
