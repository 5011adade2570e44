import torch
from torch import Tensor


def make_leaf(values: list[float]) -> Tensor:
    return torch.tensor(values, dtype=torch.float32, requires_grad=True)
