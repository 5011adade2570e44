"""Squares every entry; and keeps the gradient only under no_grad."""

import torch


def powers(x):
    with torch.no_grad():
        return x**2


def powers_vjp(x, v):
    return v * 2 * x


def jacobian(f, x):
    return torch.autograd.functional.jacobian(f, x)
