"""Runs an endless kernel on the GPU, and waits for it."""


def in_call():
    import torch

    torch.cuda._sleep(2**62)
    torch.cuda.synchronize()
