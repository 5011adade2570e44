"""Differentiates a gradient that has no graph."""

import torch


def hvp(f, x, v):
    x.requires_grad_()
    (gradient,) = torch.autograd.grad(f(x), x)
    (product,) = torch.autograd.grad(gradient @ v, x)
    return product
