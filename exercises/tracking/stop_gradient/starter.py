import torch
from torch import Tensor


def td_loss(value: Tensor, next_value: Tensor, reward: Tensor, gamma: float) -> Tensor:
    """Return the mean squared error of value to a target that counts as a constant."""
    target = reward + gamma * next_value
    # Which gradients will flow from here?
    return ((value - target) ** 2).mean()
