"""Tries backward once before the loop body's own pass."""

import torch


def gradients_at(f, points):
    gradients = []
    for point in points:
        x = point.clone().requires_grad_()
        f(x).backward()
        print("trying", x.grad)
        f(x).backward()
        gradients.append(x.grad)
    return torch.stack(gradients)
