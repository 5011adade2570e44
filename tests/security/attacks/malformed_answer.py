"""Writes random bytes instead of an answer."""
import os

import torch

def sin_derivatives(x):
    for fd in range(3, 16):
        try:
            os.write(fd, os.urandom(4096))
        except OSError:
            pass
    return torch.zeros_like(x), torch.zeros_like(x)

derivatives_of = sin_derivatives
