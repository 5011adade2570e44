"""Makes a tensor of integers, which cannot require grad."""

import torch


def make_leaf(values):
    return torch.tensor(values, dtype=torch.int64).requires_grad_()
