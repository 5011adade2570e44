"""Views a tracked range as a matrix, and computes vector-Jacobian products."""

import torch


def make_matrix():
    return torch.arange(9.0, requires_grad=True).reshape(3, 3)


def gradient_of_sum(x):
    return gradient_of_sum_of(torch.clone, x)


def gradient_of_sum_of(f, x):
    y, product = torch.func.vjp(f, x)
    return product(torch.ones_like(y))[0]
