import torch


def td_loss(value, next_value, reward, gamma):
    """Copying the numbers cuts the path too."""
    target = torch.tensor((reward + gamma * next_value).tolist(), dtype=value.dtype)
    difference = value - target
    total = (difference * difference).sum()
    return total / value.numel()
