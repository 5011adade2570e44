import torch


def powers(x):
    parts = [x[i : i + 1] ** (i + 2) for i in range(3)]
    return torch.cat(parts)


def powers_vjp(x, v):
    x.requires_grad_()
    powers(x).backward(gradient=v)
    print("gradient:", x.grad)
    return x.grad


def jacobian(f, x):
    x.requires_grad_()
    table = []
    for i in range(f(x).numel()):
        if x.grad is not None:
            x.grad.zero_()
        f(x)[i].backward()
        table.append(x.grad.tolist())
    return torch.tensor(table, dtype=x.dtype)
