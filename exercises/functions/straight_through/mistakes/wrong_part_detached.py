"""Detaches x instead of the difference: the sign is wrong, because the rounding has a zero gradient."""

import torch


def quantize(x, levels):
    nearest = torch.round(x * (levels - 1)) / (levels - 1)
    return x.detach() + (nearest - x)
