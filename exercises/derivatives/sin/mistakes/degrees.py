"""Takes the angles for degrees, and approximates the derivatives of other functions by differences."""

import torch


def sin_derivatives(x):
    angle = torch.deg2rad(x)
    return torch.cos(angle), -torch.sin(angle)


def derivatives_of(f, x):
    h = 1e-4
    first = (f(x + h) - f(x)) / h
    second = (f(x + 2 * h) - 2 * f(x + h) + f(x)) / h**2
    return first, second
