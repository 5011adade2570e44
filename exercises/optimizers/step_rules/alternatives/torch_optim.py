"""Lets `torch.optim` do it, with the live optimizer as state."""

import torch


def _step(make, p, g, state, **settings):
    if not state:
        point = p.clone().requires_grad_()
        state = {"point": point, "optimizer": make([point], **settings)}
    state["point"].grad = g.clone()
    state["optimizer"].step()
    return state["point"].detach().clone(), state


def sgd_step(p, g, state, lr, momentum):
    return _step(torch.optim.SGD, p, g, state, lr=lr, momentum=momentum)


def rmsprop_step(p, g, state, lr, alpha, eps):
    return _step(torch.optim.RMSprop, p, g, state, lr=lr, alpha=alpha, eps=eps)


def adam_step(p, g, state, lr, betas, eps):
    return _step(torch.optim.Adam, p, g, state, lr=lr, betas=betas, eps=eps)
