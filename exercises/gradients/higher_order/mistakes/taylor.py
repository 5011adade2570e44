"""Divides by the factorials."""

import math

import torch


def derivatives(f, x, order):
    x.requires_grad_()
    y, found = f(x), []
    for k in range(1, order + 1):
        if y.requires_grad:
            (y,) = torch.autograd.grad(y.sum(), x, create_graph=True)
        else:
            y = torch.zeros_like(x)
        found.append(y / math.factorial(k))
    return found
