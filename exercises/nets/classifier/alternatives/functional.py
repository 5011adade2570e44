"""`torch.func.grad` over the dict, and training with bare tensors and momentum written out."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.func import grad

STEPS = 120


def logits_of(params: dict[str, Tensor], x: Tensor) -> Tensor:
    return torch.tanh(x @ params["w1"] + params["b1"]) @ params["w2"] + params["b2"]


def loss_of(params: dict[str, Tensor], x: Tensor, y: Tensor) -> Tensor:
    return F.cross_entropy(logits_of(params, x), y)


def gradients(params, x, y):
    return grad(loss_of)(params, x, y)


def train(x: Tensor, y: Tensor, classes: int, seed: int) -> Callable[[Tensor], Tensor]:
    rng = torch.Generator().manual_seed(seed)
    width, d = 40, x.shape[1]
    params = {
        "w1": torch.randn(d, width, generator=rng, dtype=x.dtype) / d**0.5,
        "b1": torch.randn(width, generator=rng, dtype=x.dtype) / 2,
        "w2": torch.randn(width, classes, generator=rng, dtype=x.dtype) / width**0.5,
        "b2": torch.zeros(classes, dtype=x.dtype),
    }
    speed = {name: torch.zeros_like(value) for name, value in params.items()}
    for _ in range(STEPS):
        slopes = gradients(params, x, y)
        speed = {name: 0.9 * speed[name] + slopes[name] for name in params}
        params = {name: value - 0.15 * speed[name] for name, value in params.items()}
    return lambda points: logits_of(params, points)
