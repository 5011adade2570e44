"""Pushes a vector of ones forward."""

import torch


def slope(x):
    return torch.func.jvp(lambda t: t**3, (x,), (torch.ones_like(x),))[1]
