"""Detaches the second factor of x * x**2."""


def slope(x):
    x.requires_grad_()
    (x * (x**2).detach()).sum().backward()
    return x.grad
