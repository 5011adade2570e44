"""Copies the numbers of f(x) into a new tensor, which cuts the path back to x."""

import torch


def vjp(f, x, v):
    x.requires_grad_()
    y = torch.tensor(f(x).tolist(), dtype=x.dtype, requires_grad=True)
    y.backward(v)
    return x.grad
