"""Takes all the memory there is, in tensors."""
def in_call():
    import torch

    hoard = []
    while True:
        hoard.append(torch.ones(5_000_000))
