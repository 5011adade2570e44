import torch
from torch import Tensor


def make_leaf(values: list[float]) -> Tensor:
    """Return a float32 leaf that holds the values and requires grad."""
    return torch.tensor(values)  # does autograd track this one?
