import array

import torch


def make_leaf(values):
    doubled = torch.tensor(array.array("d", values), dtype=torch.float64, requires_grad=True) * 2
    x = (doubled / 2).detach().to(torch.float32)
    x.requires_grad = True
    return x
