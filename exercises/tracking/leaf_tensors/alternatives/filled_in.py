import torch

DTYPE = torch.float32


def make_leaf(values):
    """Fill a tracked tensor where nobody watches."""
    x = torch.empty(len(values), dtype=DTYPE, requires_grad=True)
    with torch.no_grad():
        for i, value in enumerate(values):
            x[i] = value
    return x
