"""Returns the sum itself."""

import torch


def scaled_exp_gradient(x, scale):
    return (scale * torch.exp(x)).sum()
