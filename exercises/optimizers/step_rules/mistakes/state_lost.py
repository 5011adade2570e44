"""Never puts anything into the state, so that every step is like the first."""

import torch


def sgd_step(p, g, state, lr, momentum):
    buffer = momentum * state.get("buffer", torch.zeros_like(p)) + g
    return p - lr * buffer, state


def rmsprop_step(p, g, state, lr, alpha, eps):
    v = alpha * state.get("v", torch.zeros_like(p)) + (1 - alpha) * g**2
    return p - lr * g / (v.sqrt() + eps), state


def adam_step(p, g, state, lr, betas, eps):
    m = state.get("m", torch.zeros_like(p))
    v = state.get("v", torch.zeros_like(p))
    t = state.get("t", 0) + 1
    m = betas[0] * m + (1 - betas[0]) * g
    v = betas[1] * v + (1 - betas[1]) * g**2
    return p - lr * (m / (1 - betas[0] ** t)) / ((v / (1 - betas[1] ** t)).sqrt() + eps), state
