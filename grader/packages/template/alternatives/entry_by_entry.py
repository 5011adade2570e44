"""Loops over the entries."""

import torch


def slope(x):
    slopes = []
    for entry in x.reshape(-1):
        number = entry.clone().requires_grad_()
        (number**3).backward()
        slopes.append(number.grad)
    return torch.stack(slopes).reshape(x.shape)
