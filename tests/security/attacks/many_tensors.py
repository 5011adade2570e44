"""Returns two hundred thousand empty tensors, which take a second to parse."""
import torch

def sin_derivatives(*args):
    return [torch.empty(0) for _ in range(200_000)]

derivatives_of = sin_derivatives
