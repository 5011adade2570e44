"""Differentiates by hand, and forgets to lower the exponent of y."""


def gradients(x, y):
    return 2 * x, 3 * y
