"""Copies or detaches the tracked tensor, so that another tensor gets the gradient."""

import torch


def make_matrix():
    return torch.ones(3, 3, requires_grad=True).detach()


def gradient_of_sum(x):
    tracked = x.clone().requires_grad_() * 1
    tracked.sum().backward()
    return x.grad


def gradient_of_sum_of(f, x):
    x = torch.tensor(x.tolist(), dtype=x.dtype)
    y = f(x).sum()
    y.backward()
    return x.grad
