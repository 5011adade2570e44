"""Adds the gradient instead of subtracting it."""

import torch


def meta_gradient(f, theta, lr, steps):
    start = point = theta.clone().requires_grad_()
    for _ in range(steps):
        (gradient,) = torch.autograd.grad(f(point), point, create_graph=True)
        point = point + lr * gradient
    return torch.autograd.grad(f(point), start)[0]
