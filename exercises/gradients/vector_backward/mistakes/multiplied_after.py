"""Multiplies the gradient of the sum by v."""

import torch


def vjp(f, x, v):
    x.requires_grad_()
    f(x).sum().backward()
    return x.grad * v
