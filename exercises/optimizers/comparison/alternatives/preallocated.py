"""Fills a tensor in place under no_grad; type hints, a class, a logarithmic axis and a line for the smallest loss."""

from collections.abc import Callable
from dataclasses import dataclass

import matplotlib.pyplot as plt
import torch
from torch import Tensor, optim


@dataclass
class Walker:
    f: Callable[[Tensor], Tensor]
    start: Tensor

    def walk(self, make: Callable[..., optim.Optimizer], lr: float, steps: int) -> Tensor:
        point = torch.nn.Parameter(self.start.clone())
        optimizer = make([point], lr=lr)
        visited = self.start.new_empty((steps + 1, *self.start.shape))
        for i in range(steps + 1):
            with torch.no_grad():
                visited[i] = point
            loss = self.f(point)
            optimizer.zero_grad(set_to_none=False)
            loss.backward()
            optimizer.step()
        return visited


def compare(f: Callable[[Tensor], Tensor], start: Tensor, steps: int, lrs: dict[str, float]) -> dict[str, Tensor]:
    walker = Walker(f, start)
    return {
        "sgd": walker.walk(optim.SGD, lrs["sgd"], steps),
        "rmsprop": walker.walk(optim.RMSprop, lrs["rmsprop"], steps),
        "adam": walker.walk(optim.Adam, lrs["adam"], steps),
    }


def plot(losses: dict[str, Tensor]) -> plt.Figure:
    plt.figure(figsize=(6, 4))
    for name, values in losses.items():
        plt.semilogy(values.numpy(), "o-", label=name)
    plt.axhline(min(float(values.min()) for values in losses.values()), linestyle=":")
    plt.xlabel("steps taken")
    plt.ylabel("loss (log scale)")
    plt.legend()
    return plt.gcf()
