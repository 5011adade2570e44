"""Returns the two gradients in the wrong order."""

import torch


def gradients(x, y):
    x.requires_grad_()
    y.requires_grad_()
    z = (x**2 + y**3).sum()
    z.backward()
    return y.grad, x.grad
