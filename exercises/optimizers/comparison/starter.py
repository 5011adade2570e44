import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from torch import Tensor

OPTIMIZERS = {"sgd": torch.optim.SGD, "rmsprop": torch.optim.RMSprop, "adam": torch.optim.Adam}


def compare(f, start: Tensor, steps: int, lrs: dict[str, float]) -> dict[str, Tensor]:
    """Return the points visited while f is minimized, shape (steps + 1, *start.shape), for sgd, rmsprop and adam."""
    # For each optimizer: a new point, then `steps` times zero_grad, backward, step.
    return {name: start[None] for name in OPTIMIZERS}


def plot(losses: dict[str, Tensor]) -> Figure:
    """Return a figure with a line for each name, and labelled axes."""
    figure, axes = plt.subplots()
    return figure
