"""Computes the result and does not return it."""

import torch


def quantize(x, levels):
    nearest = torch.round(x * (levels - 1)) / (levels - 1)
    result = x + (nearest - x).detach()
