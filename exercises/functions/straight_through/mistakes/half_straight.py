"""Makes only the rounding straight-through, and loses one of the two factors around it."""

import torch


class Round(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, steps):
        return torch.round(x * steps)

    @staticmethod
    def backward(ctx, grad_output):
        return grad_output, None


def quantize(x, levels):
    return Round.apply(x, levels - 1) / (levels - 1)
