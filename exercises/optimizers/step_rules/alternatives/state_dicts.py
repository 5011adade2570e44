"""Makes a new optimizer of `torch.optim` for every step and keeps its state dict; the points require grad."""

import torch


def sgd_step(p, g, state, lr, momentum):
    return step(torch.optim.SGD, p, g, state, lr=lr, momentum=momentum)


def rmsprop_step(p, g, state, lr, alpha, eps):
    return step(torch.optim.RMSprop, p, g, state, lr=lr, alpha=alpha, eps=eps)


def adam_step(p, g, state, lr, betas, eps):
    return step(torch.optim.Adam, p, g, state, lr=lr, betas=betas, eps=eps)


def step(make, p, g, state, **settings):
    point = p.clone().requires_grad_()
    optimizer = make([point], **settings)
    if state:
        optimizer.load_state_dict(state)
    point.grad = g.clone()
    optimizer.step()
    return point, optimizer.state_dict()
