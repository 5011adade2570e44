"""Moves every input a little, instead of asking autograd."""

import torch


def vjp(f, x, v, step=1e-4):
    product = torch.zeros_like(x)
    for i in range(x.numel()):
        moved = x.clone()
        moved.view(-1)[i] += step
        product.view(-1)[i] = (v * (f(moved) - f(x))).sum() / step
    return product
