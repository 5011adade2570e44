"""Stores what .grad holds after each pass, and never empties it."""

import torch


def gradients_at(f, points):
    x = points[0].clone().requires_grad_()
    gradients = []
    for point in points:
        with torch.no_grad():
            x.copy_(point)
        f(x).backward()
        gradients.append(x.grad.clone())
    return torch.stack(gradients)
