"""Takes the level below instead of the nearest one."""

import torch


def quantize(x, levels):
    below = torch.floor(x * (levels - 1)) / (levels - 1)
    return x + (below - x).detach()
