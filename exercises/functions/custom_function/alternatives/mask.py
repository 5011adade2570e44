"""Saves the input and a mask, and counts its calls."""

import torch

CALLS = []


class CubedReLU(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        CALLS.append(tuple(x.shape))
        print("call", len(CALLS), CALLS[-1])
        mask = (x > 0).to(x.dtype)
        ctx.save_for_backward(x, mask)
        return mask * x * x * x

    @staticmethod
    def backward(ctx, grad_output):
        x, mask = ctx.saved_tensors
        return 3 * mask * x * x * grad_output
