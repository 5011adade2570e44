"""Detaches x instead of the difference: the sign turns, as the rounding itself passes nothing on."""

import torch


def quantize(x, levels):
    nearest = torch.round(x * (levels - 1)) / (levels - 1)
    return x.detach() + (nearest - x)
