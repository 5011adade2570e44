"""Stores only the points after each step; shows the figure instead of returning it."""

import matplotlib.pyplot as plt
import torch

CLASSES = {"sgd": torch.optim.SGD, "rmsprop": torch.optim.RMSprop, "adam": torch.optim.Adam}


def compare(f, start, steps, lrs):
    result = {}
    for name, lr in lrs.items():
        point = start.clone().requires_grad_()
        optimizer = CLASSES[name]([point], lr=lr)
        points = []
        for _ in range(steps):
            optimizer.zero_grad()
            f(point).backward()
            optimizer.step()
            points.append(point.detach().clone())
        result[name] = torch.stack(points)
    return result


def plot(losses):
    for name, values in losses.items():
        plt.plot(values, label=name)
    plt.show()
