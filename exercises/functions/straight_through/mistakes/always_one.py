"""A backward that always returns ones."""

import torch


class Quantize(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, levels):
        return torch.round(x * (levels - 1)) / (levels - 1)

    @staticmethod
    def backward(ctx, grad_output):
        return torch.ones_like(grad_output), None


def quantize(x, levels):
    return Quantize.apply(x, levels)
