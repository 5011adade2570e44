"""Saves the clipped values, which are neither input nor output: the second derivative finds no path."""

import torch


class CubedReLU(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        positive = torch.relu(x)
        ctx.save_for_backward(positive)
        return positive**3

    @staticmethod
    def backward(ctx, grad_output):
        (positive,) = ctx.saved_tensors
        return 3 * positive**2 * grad_output
