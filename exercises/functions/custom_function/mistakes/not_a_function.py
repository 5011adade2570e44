"""No Function at all: torch's operations, under a name that fits."""

import torch


class CubedReLU:
    @staticmethod
    def apply(x):
        return torch.relu(x) ** 3
