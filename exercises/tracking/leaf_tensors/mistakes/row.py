"""Makes a matrix of one row."""

import torch


def make_leaf(values):
    return torch.tensor([values], requires_grad=True)
