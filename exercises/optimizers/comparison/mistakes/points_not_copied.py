"""Keeps the tensor itself at every step, which the optimizer changes in place; returns the axes, not the figure."""

import matplotlib.pyplot as plt
import torch

CLASSES = {"sgd": torch.optim.SGD, "rmsprop": torch.optim.RMSprop, "adam": torch.optim.Adam}


def compare(f, start, steps, lrs):
    result = {}
    for name, lr in lrs.items():
        point = start.clone().requires_grad_()
        optimizer = CLASSES[name]([point], lr=lr)
        points = [point.detach()]
        for _ in range(steps):
            optimizer.zero_grad()
            f(point).backward()
            optimizer.step()
            points.append(point.detach())
        result[name] = torch.stack(points)
    return result


def plot(losses):
    figure, axes = plt.subplots()
    for name, values in losses.items():
        axes.plot(values, label=name)
    return axes
