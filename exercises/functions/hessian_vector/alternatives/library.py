"""Uses the function of `torch.autograd.functional`."""

import torch
from torch.autograd.functional import vhp

DTYPE = torch.float64


def hvp(f, x, v):
    _, product = vhp(f, x.to(DTYPE), v.to(DTYPE))  # the Hessian is symmetric
    return product
