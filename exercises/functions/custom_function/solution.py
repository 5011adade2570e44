import torch


class CubedReLU(torch.autograd.Function):
    """max(x, 0)³, with a backward of its own."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.relu(x) ** 3

    @staticmethod
    def backward(ctx, grad_output):
        (x,) = ctx.saved_tensors
        return 3 * torch.relu(x) ** 2 * grad_output
