"""Rounds under no_grad and adds x minus itself."""

import torch


def quantize(x, levels):
    with torch.no_grad():
        nearest = torch.round(x * (levels - 1)) / (levels - 1)
    return nearest + x - x.detach()
