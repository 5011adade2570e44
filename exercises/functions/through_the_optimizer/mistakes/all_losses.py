"""Differentiates the sum of the losses on the way instead of the last one."""

import torch


def meta_gradient(f, theta, lr, steps):
    start = point = theta.clone().requires_grad_()
    total = 0.0
    for _ in range(steps):
        (gradient,) = torch.autograd.grad(f(point), point, create_graph=True)
        point = point - lr * gradient
        total = total + f(point)
    return torch.autograd.grad(total, start)[0]
