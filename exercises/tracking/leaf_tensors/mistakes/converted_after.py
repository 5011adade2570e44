"""Converts to float32 after tracking has begun, so that the result is computed."""

import torch


def make_leaf(values):
    x = torch.tensor(values, dtype=torch.float64, requires_grad=True)
    return x.float()
