"""Returns many views that overlap in one storage, and a storage that is larger than it shows."""
import torch

def sin_derivatives(x):
    storage = torch.zeros(1_000_000, dtype=x.dtype)
    return storage.as_strided(x.shape, [0] * x.ndim), storage[: x.numel()].view(x.shape)

def derivatives_of(f, x):
    return sin_derivatives(x)
