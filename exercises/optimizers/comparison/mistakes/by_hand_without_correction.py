"""Writes the rules out, without Adam's bias correction and with RMSprop's epsilon inside the root; labels no axis."""

import matplotlib.pyplot as plt
import torch


def walk(f, start, steps, rule):
    points, memory = [start.clone()], {}
    for _ in range(steps):
        point = points[-1].clone().requires_grad_()
        (g,) = torch.autograd.grad(f(point), point)
        points.append(rule(point.detach(), g, memory))
    return torch.stack(points)


def compare(f, start, steps, lrs):
    def sgd(p, g, memory):
        return p - lrs["sgd"] * g

    def rmsprop(p, g, memory):
        memory["v"] = 0.99 * memory.get("v", 0) + 0.01 * g**2
        return p - lrs["rmsprop"] * g / torch.sqrt(memory["v"] + 1e-8)

    def adam(p, g, memory):
        memory["m"] = 0.9 * memory.get("m", 0) + 0.1 * g
        memory["v"] = 0.999 * memory.get("v", 0) + 0.001 * g**2
        return p - lrs["adam"] * memory["m"] / (torch.sqrt(memory["v"]) + 1e-8)

    return {
        "sgd": walk(f, start, steps, sgd),
        "rmsprop": walk(f, start, steps, rmsprop),
        "adam": walk(f, start, steps, adam),
    }


def plot(losses):
    figure, axes = plt.subplots()
    for name, values in losses.items():
        axes.plot(values.numpy(), label=name)
    axes.legend()
    return figure
