"""Returns more than the limit allows."""
import torch

def sin_derivatives(x):
    return torch.zeros(20_000_000, dtype=torch.float64), torch.zeros(1)

def derivatives_of(f, x):
    return sin_derivatives(x)
