"""The backward is a Function too, with a backward written by hand."""

import torch


class Slope(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, arriving):
        ctx.save_for_backward(x, arriving)
        return 3 * torch.where(x > 0, x, torch.zeros_like(x)) ** 2 * arriving

    @staticmethod
    def backward(ctx, grad_output):
        x, arriving = ctx.saved_tensors
        positive = torch.where(x > 0, x, torch.zeros_like(x))
        return 6 * positive * arriving * grad_output, 3 * positive**2 * grad_output


class CubedReLU(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.where(x > 0, x**3, 0.0)

    @staticmethod
    def backward(ctx, grad_output):
        return Slope.apply(ctx.saved_tensors[0], grad_output)
