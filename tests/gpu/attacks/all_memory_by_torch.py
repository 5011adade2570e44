"""Removes the limit on torch's allocator, and then takes all the GPU's memory."""


def in_call():
    import torch

    torch.cuda.set_per_process_memory_fraction(1.0)
    hoard = []
    while True:
        hoard.append(torch.ones(2**28, device="cuda"))
