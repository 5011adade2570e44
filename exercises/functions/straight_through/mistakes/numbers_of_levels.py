"""Forgets to divide again: the result is 0, 1, 2, ..."""

import torch


def quantize(x, levels):
    scaled = x * (levels - 1)
    return scaled + (torch.round(scaled) - scaled).detach()
