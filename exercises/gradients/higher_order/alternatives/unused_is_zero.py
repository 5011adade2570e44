import torch

MORE = dict(create_graph=True, allow_unused=True)


def derivatives(f, x: torch.Tensor, order: int) -> list:
    """Adding a term that is always zero keeps a path to x."""
    x = x.requires_grad_()
    found = [f(x)]
    while len(found) <= order:
        (slope,) = torch.autograd.grad((found[-1] + 0 * x).sum(), x, **MORE)
        found.append(torch.zeros_like(x) if slope is None else slope)
    return found[1:]
