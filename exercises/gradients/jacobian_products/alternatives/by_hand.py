import torch


class Powers(torch.autograd.Function):
    """The three powers, with a derivative of our own."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.stack([x[0] * x[0], x[1] * x[1] * x[1], x[2] ** 4])

    @staticmethod
    def backward(ctx, v):
        (x,) = ctx.saved_tensors
        return powers_vjp(x, v)


def powers(x):
    return Powers.apply(x)


def powers_vjp(x, v):
    return v * torch.stack([2 * x[0], 3 * x[1] ** 2, 4 * x[2] ** 3])


def jacobian(f, x):
    columns = [torch.func.jvp(f, (x,), (unit,))[1] for unit in torch.eye(len(x), dtype=x.dtype)]
    return torch.stack(columns, dim=1)
