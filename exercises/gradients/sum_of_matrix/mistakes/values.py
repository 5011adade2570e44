"""Returns values instead of gradients."""

import torch


def make_matrix():
    return torch.ones(3, 3)


def gradient_of_sum(x):
    return x.sum()


def gradient_of_sum_of(f, x):
    return f(x)
