"""Takes the mean, to have a number to go backward from."""

import torch


def scaled_exp_gradient(x, scale):
    x.requires_grad_()
    y = torch.exp(x) * scale
    y.mean().backward()
    return x.grad
