"""Differentiates x³ + y²."""

import torch


def gradients(x, y):
    x.requires_grad_()
    y.requires_grad_()
    return torch.autograd.grad((x**3 + y**2).sum(), (x, y))
