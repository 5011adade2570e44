"""The derivative of the gradient along v, in forward mode."""

from torch.func import grad, jvp


def hvp(f, x, v):
    _, product = jvp(grad(f), (x,), (v,))
    return product
