import torch


def make_leaf(values):
    x = torch.FloatTensor(values)
    print(x)
    return x.requires_grad_()
