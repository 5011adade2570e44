import torch
from torch import Tensor
from torch.func import grad


def z(x: Tensor, y: Tensor) -> Tensor:
    return torch.sum(x.pow(2) + y.pow(3))


def gradients(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    return grad(z, argnums=(0, 1))(x, y)
