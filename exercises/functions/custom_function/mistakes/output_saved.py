"""Saves the result and uses it as if it were the input."""

import torch


class CubedReLU(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        y = torch.relu(x) ** 3
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx, grad_output):
        (y,) = ctx.saved_tensors
        return 3 * torch.relu(y) ** 2 * grad_output
