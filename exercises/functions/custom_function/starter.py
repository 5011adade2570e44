import torch


class CubedReLU(torch.autograd.Function):
    """max(x, 0)³, with a backward of its own."""

    @staticmethod
    def forward(ctx, x):
        # What will backward need? Put it aside here.
        return torch.relu(x) ** 3

    @staticmethod
    def backward(ctx, grad_output):
        # grad_output has the shape of the result; what arrives at x?
        return None
