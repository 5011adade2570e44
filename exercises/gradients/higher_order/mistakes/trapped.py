"""Forgets that a derivative can be zero everywhere."""

import torch


def derivatives(f, x, order):
    x.requires_grad_()
    y, found = f(x), []
    for _ in range(order):
        (y,) = torch.autograd.grad(y.sum(), x, create_graph=True)
        found.append(y)
    return found
