"""Two backward passes with the gradient cleared in between, and a print for debugging."""

import torch

ORDER = 2


def sin_derivatives(x):
    return derivatives_of(lambda t: t.sin(), x)


def derivatives_of(f, x):
    x.requires_grad_(True)
    found = []
    y = f(x)
    for _ in range(ORDER):
        y.backward(torch.ones_like(y), create_graph=True)
        y, x.grad = x.grad, None
        found.append(y.detach())
    print("derivatives:", found)
    return tuple(found)
