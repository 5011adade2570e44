"""Returns values where derivatives are asked for."""

import torch


def powers(x):
    return torch.stack([x[0] ** 2, x[1] ** 3, x[2] ** 4])


def powers_vjp(x, v):
    return v * powers(x)


def jacobian(f, x):
    return f(x)
