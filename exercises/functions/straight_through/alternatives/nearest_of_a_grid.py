"""Looks every entry up in the list of levels, in the input's own precision."""

import torch


def quantize(x, levels):
    grid = torch.linspace(0.0, 1.0, levels, dtype=torch.float64)
    picked = grid[torch.argmin((x.detach()[..., None] - grid).abs(), dim=-1)]
    return torch.where(torch.tensor(True), x + (picked - x).data, x)
