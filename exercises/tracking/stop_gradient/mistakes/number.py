"""Returns the loss as a Python number."""

import torch


def td_loss(value, next_value, reward, gamma):
    target = reward + gamma * next_value.detach()
    return ((value - target) ** 2).mean().item()
