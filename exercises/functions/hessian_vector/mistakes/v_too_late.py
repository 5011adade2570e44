"""Multiplies by v after the second differentiation, as if the row sums were a diagonal."""

import torch


def hvp(f, x, v):
    x.requires_grad_()
    (gradient,) = torch.autograd.grad(f(x), x, create_graph=True)
    (second,) = torch.autograd.grad(gradient, x, torch.ones_like(x))
    return second * v
