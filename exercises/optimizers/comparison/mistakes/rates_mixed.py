"""Takes one learning rate for all; draws scatter plots, which cannot be counted."""

import matplotlib.pyplot as plt
import torch


def compare(f, start, steps, lrs):
    result = {}
    for name, make in [("sgd", torch.optim.SGD), ("rmsprop", torch.optim.RMSprop), ("adam", torch.optim.Adam)]:
        point = start.clone().requires_grad_()
        optimizer = make([point], lr=lrs["sgd"])
        points = [start]
        for _ in range(steps):
            optimizer.zero_grad()
            f(point).backward()
            optimizer.step()
            points.append(point.detach().clone())
        result[name] = torch.stack(points)
    return result


def plot(losses):
    figure, axes = plt.subplots()
    for name, values in losses.items():
        axes.scatter(range(len(values)), values, label=name)
    axes.set(xlabel="step", ylabel="loss")
    return figure
