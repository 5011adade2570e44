"""Computes the whole loss under no_grad."""

import torch


def td_loss(value, next_value, reward, gamma):
    with torch.no_grad():
        target = reward + gamma * next_value
        return ((value - target) ** 2).mean()
