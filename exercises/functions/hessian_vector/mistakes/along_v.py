"""Stops at the derivative of f along v."""

import torch


def hvp(f, x, v):
    x.requires_grad_()
    (gradient,) = torch.autograd.grad(f(x), x)
    return gradient @ v
