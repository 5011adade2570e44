"""Calls backward once more before the pass of the loop."""

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
