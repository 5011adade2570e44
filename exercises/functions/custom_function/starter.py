import torch


class CubedReLU(torch.autograd.Function):
    """max(x, 0)³, with a backward of its own."""

    @staticmethod
    def forward(ctx, x):
        # What does backward need? Save it here.
        return torch.relu(x) ** 3

    @staticmethod
    def backward(ctx, grad_output):
        # grad_output has the shape of the result; what is the gradient of x?
        return None
