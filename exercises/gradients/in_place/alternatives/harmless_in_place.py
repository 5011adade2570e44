import torch


def scaled_exp_gradient(x, scale):
    """In-place operations where nobody needs the old numbers."""
    leaf = x.clone().requires_grad_()
    y = leaf.exp() * 1.0
    y *= scale
    y.sum().backward()
    print("gradient", leaf.grad)
    return leaf.grad
