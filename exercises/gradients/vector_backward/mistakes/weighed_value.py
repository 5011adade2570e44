"""Weighs the outputs and stops there."""


def vjp(f, x, v):
    return v * f(x)
