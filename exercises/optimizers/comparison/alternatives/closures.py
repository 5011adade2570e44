"""Calls `step` with a closure and clears the gradient by hand; prints, and labels the figure as a whole."""

import matplotlib.pyplot as plt
import torch

NAMES = {"sgd": "SGD", "rmsprop": "RMSprop", "adam": "Adam"}


def compare(f, start, steps, lrs):
    return {name: _walk(f, start, steps, getattr(torch.optim, NAMES[name]), lrs[name]) for name in NAMES}


def _walk(f, start, steps, make, lr):
    point = torch.tensor(start.tolist(), dtype=start.dtype, requires_grad=True)
    optimizer = make([point], lr)
    points = [point.tolist()]

    def closure():
        point.grad = None
        loss = f(point)
        loss.backward()
        return loss

    for step in range(steps):
        loss = optimizer.step(closure)
        points.append(point.tolist())
        print(make.__name__, step, loss.item())
    return torch.tensor(points, dtype=start.dtype)


def plot(losses):
    figure, axes = plt.subplots(1, 1)
    handles = [axes.plot(list(range(len(values))), values.tolist())[0] for values in losses.values()]
    axes.legend(handles, list(losses))
    figure.supxlabel("step")
    figure.supylabel("loss")
    return figure
