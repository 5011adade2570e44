"""Takes the product from the other side."""

import torch


def vjp(f, x, v):
    return torch.func.jvp(f, (x,), (v,))[1]
