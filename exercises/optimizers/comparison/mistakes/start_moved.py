"""Optimises the start itself, so that every optimizer begins at the end of the one before; draws every other loss."""

import matplotlib.pyplot as plt
import torch

CLASSES = {"sgd": torch.optim.SGD, "rmsprop": torch.optim.RMSprop, "adam": torch.optim.Adam}


def compare(f, start, steps, lrs):
    result = {}
    start.requires_grad_()
    for name, make in CLASSES.items():
        optimizer = make([start], lr=lrs[name])
        points = [start.detach().clone()]
        for _ in range(steps):
            optimizer.zero_grad()
            f(start).backward()
            optimizer.step()
            points.append(start.detach().clone())
        result[name] = torch.stack(points)
    return result


def plot(losses):
    figure, axes = plt.subplots()
    for name, values in losses.items():
        axes.plot(values[::2], label=name)
    axes.set(xlabel="step", ylabel="loss")
    return figure
