"""A loop over single numbers with a helper class."""

import torch


class Twice:
    def __init__(self, f):
        self.f = f

    def __call__(self, number):
        t = torch.tensor(number, dtype=torch.float64, requires_grad=True)
        first = torch.autograd.grad(self.f(t), t, create_graph=True)[0]
        second = torch.autograd.grad(first, t)[0]
        return first.item(), second.item()


def sin_derivatives(x):
    return derivatives_of(torch.sin, x)


def derivatives_of(f, x):
    twice = Twice(f)
    pairs = [twice(number) for number in x.reshape(-1).tolist()]
    columns = torch.tensor(pairs, dtype=x.dtype).T
    return columns[0].reshape(x.shape), columns[1].reshape(x.shape)
