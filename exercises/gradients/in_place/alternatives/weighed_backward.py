import torch


def scaled_exp_gradient(x, scale):
    """The scale as the vector that backward starts with."""
    x.requires_grad_()
    e = torch.exp(x)
    e.backward(torch.full_like(e, scale))
    return x.grad.clone()
