import torch
from torch import Tensor
from torch.func import jvp


class Derivative:
    """The derivative of an elementwise function, as a function."""

    def __init__(self, f) -> None:
        self.f = f

    def __call__(self, x: Tensor) -> Tensor:
        return jvp(self.f, (x,), (torch.ones_like(x),))[1]


def derivatives(f, x: Tensor, order: int) -> list[Tensor]:
    found = []
    for _ in range(order):
        f = Derivative(f)
        found.append(f(x))
    return found
