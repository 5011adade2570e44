"""Rounds under no_grad: no path leads back to x."""

import torch


def quantize(x, levels):
    with torch.no_grad():
        return torch.round(x * (levels - 1)) / (levels - 1)
