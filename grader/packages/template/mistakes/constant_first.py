"""Detaches the first factor of x * x**2."""


def slope(x):
    x.requires_grad_()
    (x.detach() * x**2).sum().backward()
    return x.grad
