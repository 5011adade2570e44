"""Makes a tensor of the right size, but leaves its numbers undefined."""

import torch


def make_leaf(values):
    return torch.zeros(len(values), requires_grad=True)
