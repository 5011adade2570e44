import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from torch import Tensor

OPTIMIZERS = {"sgd": torch.optim.SGD, "rmsprop": torch.optim.RMSprop, "adam": torch.optim.Adam}


def compare(f, start: Tensor, steps: int, lrs: dict[str, float]) -> dict[str, Tensor]:
    return {name: trajectory(f, start, steps, OPTIMIZERS[name], lr) for name, lr in lrs.items()}


def trajectory(f, start: Tensor, steps: int, optimizer_class, lr: float) -> Tensor:
    point = start.clone().requires_grad_()
    optimizer = optimizer_class([point], lr=lr)
    points = [start.clone()]
    for _ in range(steps):
        optimizer.zero_grad()
        f(point).backward()
        optimizer.step()
        points.append(point.detach().clone())
    return torch.stack(points)


def plot(losses: dict[str, Tensor]) -> Figure:
    figure, axes = plt.subplots()
    for name, values in losses.items():
        axes.plot(values, label=name)
    axes.set_xlabel("step")
    axes.set_ylabel("loss")
    axes.legend()
    return figure
