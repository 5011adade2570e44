"""Scales the leaf itself."""

import torch


def scaled_exp_gradient(x, scale):
    x.requires_grad_()
    x *= scale
    torch.exp(x).sum().backward()
    return x.grad
