"""Composes `torch.func.grad` with itself and maps it over the entries."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.func import grad, vmap


def mapped(f: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    return vmap(f)(x.reshape(-1)).reshape(x.shape)


def sin_derivatives(x: Tensor) -> tuple[Tensor, Tensor]:
    return mapped(grad(torch.sin), x), mapped(grad(grad(torch.sin)), x)


def derivatives_of(f: Callable[[Tensor], Tensor], x: Tensor) -> tuple[Tensor, Tensor]:
    return mapped(grad(f), x), mapped(grad(grad(f)), x)
