"""`backward` with a graph, and the parameters in a small class."""

from collections.abc import Callable

import torch
from torch import Tensor

PRECISION = torch.float64


class Descent:
    def __init__(self, f: Callable[[Tensor], Tensor], lr: float) -> None:
        self.f = f
        self.lr = lr

    def step(self, point: Tensor) -> Tensor:
        slope = torch.autograd.grad(self.f(point), [point], create_graph=True)
        return torch.sub(point, slope[0], alpha=self.lr)


def meta_gradient(f: Callable[[Tensor], Tensor], theta: Tensor, lr: float, steps: int) -> Tensor:
    theta = theta.to(PRECISION, copy=True)
    theta.requires_grad = True
    descent, point = Descent(f, lr), theta
    while steps > 0:
        point, steps = descent.step(point), steps - 1
    f(point).backward()
    return theta.grad
