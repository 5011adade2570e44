import torch
from torch.autograd.functional import jacobian


def vjp(f, x, v):
    j = jacobian(f, x).reshape(v.numel(), x.numel())
    return (v.reshape(-1) @ j).reshape(x.shape)
