"""Returns the list, with tensors of single numbers in it."""

import torch


def make_leaf(values):
    return [torch.tensor(value, requires_grad=True) for value in values]
