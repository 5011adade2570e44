"""Needs only the result: its cube root is the clipped input, and the result stays in the graph."""

import torch


class CubedReLU(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        y = torch.relu(x) ** 3
        ctx.save_for_backward(x, y)
        return y

    @staticmethod
    def backward(ctx, grad_output):
        x, y = ctx.saved_tensors
        safe = torch.where(x > 0, y, torch.ones_like(y))
        slope = torch.where(x > 0, 3 * safe ** (2 / 3), torch.zeros_like(y))
        return slope * grad_output
