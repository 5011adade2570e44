"""By `backward`, on the argument itself, with `.grad` zeroed."""

import torch


def make_matrix():
    matrix = torch.zeros((3, 3), dtype=torch.float64)
    matrix.requires_grad = True
    return matrix


def gradient_of_sum(x):
    print("shape", x.shape)
    return gradient_of_sum_of(torch.clone, x)


def gradient_of_sum_of(f, x):
    x.requires_grad_(True)
    x.grad = None
    f(x).sum().backward()
    return x.grad
