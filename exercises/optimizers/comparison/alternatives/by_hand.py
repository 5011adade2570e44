"""The rules written out on plain tensors; one row of axes for each curve."""

from math import sqrt

import torch
from matplotlib.figure import Figure
from torch.func import grad

BETA1, BETA2, ALPHA, EPS = 0.9, 0.999, 0.99, 1e-8


def sgd(p, g, memory, lr, t):
    return p - lr * g


def rmsprop(p, g, memory, lr, t):
    memory["v"] = ALPHA * memory.get("v", 0) + (1 - ALPHA) * g * g
    return p - lr * g / (memory["v"].sqrt() + EPS)


def adam(p, g, memory, lr, t):
    memory["m"] = BETA1 * memory.get("m", 0) + (1 - BETA1) * g
    memory["v"] = BETA2 * memory.get("v", 0) + (1 - BETA2) * g * g
    root = memory["v"].sqrt() / sqrt(1 - BETA2**t) + EPS
    return p - lr / (1 - BETA1**t) * memory["m"] / root


def compare(f, start, steps, lrs):
    result = {}
    for rule in (adam, rmsprop, sgd):
        points, memory = [start], {}
        for t in range(1, steps + 1):
            points.append(rule(points[-1], grad(f)(points[-1]), memory, lrs[rule.__name__], t))
        result[rule.__name__] = torch.stack(points)
    return result


def plot(losses):
    figure = Figure(layout="constrained")
    rows = figure.subplots(len(losses), squeeze=False)[:, 0]
    for axes, (name, values) in zip(rows, losses.items()):
        axes.plot(range(len(values)), values.numpy())
        axes.set_title(name)
        axes.set_ylabel("loss")
    rows[-1].set_xlabel("step")
    return figure
