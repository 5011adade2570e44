"""Writes into the result of exp, which its backward needs."""


def scaled_exp_gradient(x, scale):
    x.requires_grad_()
    e = x.exp()
    e.mul_(scale)
    loss = e.sum()
    loss.backward()
    return x.grad
