"""Gives the GPU an index out of range: it refuses all further work of its process."""


def in_call():
    import torch

    torch.zeros(3, device="cuda")[torch.tensor([7], device="cuda")]
