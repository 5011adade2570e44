"""Is one order low: returns the value and the first derivative."""

import torch


def sin_derivatives(x):
    return derivatives_of(torch.sin, x)


def derivatives_of(f, x):
    x = x.clone().requires_grad_()
    y = f(x)
    (first,) = torch.autograd.grad(y.sum(), x)
    return y, first
