"""Takes the difference of two gradients instead of a derivative."""

import torch


def hvp(f, x, v):
    step = 1e-5
    return (_gradient(f, x + step * v) - _gradient(f, x)) / step


def _gradient(f, x):
    x = x.clone().requires_grad_()
    return torch.autograd.grad(f(x), x)[0]
