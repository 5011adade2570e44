import torch
from torch import Tensor


def td_loss(value: Tensor, next_value: Tensor, reward: Tensor, gamma: float) -> Tensor:
    with torch.no_grad():
        target = reward + gamma * next_value
    print("target", target)
    return torch.nn.functional.mse_loss(value, target)
