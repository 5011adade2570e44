"""Scales a copy that the sum does not see."""

import torch


def scaled_exp_gradient(x, scale):
    x.requires_grad_()
    e = torch.exp(x)
    e.clone().mul_(scale)
    e.sum().backward()
    return x.grad
