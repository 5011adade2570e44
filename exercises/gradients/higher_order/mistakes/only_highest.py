"""Returns the last derivative, and not the list."""

import torch


def derivatives(f, x, order):
    x.requires_grad_()
    y = f(x)
    for _ in range(order):
        if not y.requires_grad:
            return torch.zeros_like(x)
        (y,) = torch.autograd.grad(y.sum(), x, create_graph=True)
    return y
