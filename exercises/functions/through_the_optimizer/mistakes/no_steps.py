"""Takes the gradient at the start, before any step."""

import torch


def meta_gradient(f, theta, lr, steps):
    theta.requires_grad_()
    return torch.autograd.grad(f(theta), theta)[0]
