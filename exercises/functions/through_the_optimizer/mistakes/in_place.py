"""Changes the start itself in the steps, hidden from autograd."""

import torch


def meta_gradient(f, theta, lr, steps):
    theta.requires_grad_()
    for _ in range(steps):
        (gradient,) = torch.autograd.grad(f(theta), theta)
        theta.data -= lr * gradient
    return torch.autograd.grad(f(theta), theta)[0]
