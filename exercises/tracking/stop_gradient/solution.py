import torch
from torch import Tensor


def td_loss(value: Tensor, next_value: Tensor, reward: Tensor, gamma: float) -> Tensor:
    target = reward + gamma * next_value.detach()
    return ((value - target) ** 2).mean()
