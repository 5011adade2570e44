"""Lets autograd differentiate the formula inside backward."""

import torch


def formula(x):
    return torch.nn.functional.relu(x) ** 3


class CubedReLU(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return formula(x.detach())

    @staticmethod
    def backward(ctx, grad_output):
        (x,) = ctx.saved_tensors
        _, pull = torch.func.vjp(formula, x)
        return pull(grad_output)[0]
