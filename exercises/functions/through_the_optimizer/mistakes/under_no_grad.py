"""Updates under no_grad: the last point has no path to the start."""

import torch


def meta_gradient(f, theta, lr, steps):
    start = theta.clone().requires_grad_()
    point = start
    for _ in range(steps):
        point = point.detach().requires_grad_()
        (gradient,) = torch.autograd.grad(f(point), point)
        with torch.no_grad():
            point = point - lr * gradient
    point.requires_grad_()
    f(point).backward()
    return start.grad
