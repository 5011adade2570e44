"""Calls f on all points together."""

import torch


def gradients_at(f, points):
    x = points.clone().requires_grad_()
    f(x).sum().backward()
    return x.grad
