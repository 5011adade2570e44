import torch


class TDLoss(torch.autograd.Function):
    """The loss with a backward of our own: zeros for the next value."""

    @staticmethod
    def forward(ctx, value, next_value, reward, gamma):
        error = value - (reward + gamma * next_value)
        ctx.save_for_backward(error)
        return (error * error).mean()

    @staticmethod
    def backward(ctx, arriving):
        (error,) = ctx.saved_tensors
        return arriving * 2 * error / error.numel(), torch.zeros_like(error), None, None


def td_loss(value, next_value, reward, gamma):
    return TDLoss.apply(value, next_value, reward, gamma)
