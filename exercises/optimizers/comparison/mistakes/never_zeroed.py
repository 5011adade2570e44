"""Never zeroes the gradients; draws the first curve only, and labels one axis."""

import matplotlib.pyplot as plt
import torch

CLASSES = {"sgd": torch.optim.SGD, "rmsprop": torch.optim.RMSprop, "adam": torch.optim.Adam}


def compare(f, start, steps, lrs):
    result = {}
    for name, lr in lrs.items():
        point = start.clone().requires_grad_()
        optimizer = CLASSES[name]([point], lr=lr)
        points = [start]
        for _ in range(steps):
            f(point).backward()
            optimizer.step()
            points.append(point.detach().clone())
        result[name] = torch.stack(points)
    return result


def plot(losses):
    figure, axes = plt.subplots()
    axes.plot(next(iter(losses.values())))
    axes.set_xlabel("step")
    return figure
