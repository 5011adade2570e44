"""Silences the error by writing through .data: backward uses the changed numbers."""

import torch


def scaled_exp_gradient(x, scale):
    x.requires_grad_()
    e = torch.exp(x)
    y = e * scale
    e.data *= scale
    y.sum().backward()
    return x.grad
