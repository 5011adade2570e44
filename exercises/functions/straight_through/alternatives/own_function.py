"""A Function of its own, with a straight backward."""

import torch


class Quantize(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x: torch.Tensor, steps: int) -> torch.Tensor:
        return (x * steps).round().div(steps)

    @staticmethod
    def backward(ctx, grad_output):
        return grad_output.clone(), None


def quantize(x: torch.Tensor, levels: int) -> torch.Tensor:
    return Quantize.apply(x, levels - 1)
