"""Gives the GPU an index out of range: after it, the GPU refuses all work of this process."""


def in_call():
    import torch

    torch.zeros(3, device="cuda")[torch.tensor([7], device="cuda")]
