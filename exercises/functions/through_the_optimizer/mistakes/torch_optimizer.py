"""Lets an optimizer take the steps, which it does outside of the graph."""

import torch


def meta_gradient(f, theta, lr, steps):
    point = theta.clone().requires_grad_()
    optimizer = torch.optim.SGD([point], lr=lr)
    for _ in range(steps):
        optimizer.zero_grad()
        f(point).backward()
        optimizer.step()
    optimizer.zero_grad()
    f(point).backward()
    return point.grad
