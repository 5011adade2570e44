"""The plain sum by hand, the rest with a vector of ones and a helper class."""

import torch


class Tracked:
    def __init__(self, values):
        self.leaf = values.detach().clone().requires_grad_()

    def gradient(self, output):
        output.backward(gradient=torch.ones_like(output))
        return self.leaf.grad.detach()


def make_matrix():
    return Tracked(torch.full((3, 3), 2.0)).leaf


def gradient_of_sum(x):
    return torch.ones_like(x)


def gradient_of_sum_of(f, x):
    tracked = Tracked(x)
    return tracked.gradient(f(tracked.leaf))
