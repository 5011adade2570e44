"""Averages the momentum, puts the epsilon under RMSprop's root, and leaves out Adam's bias correction."""

import torch


def sgd_step(p, g, state, lr, momentum):
    buffer = momentum * state.get("buffer", torch.zeros_like(p)) + (1 - momentum) * g
    return p - lr * buffer, {"buffer": buffer}


def rmsprop_step(p, g, state, lr, alpha, eps):
    v = alpha * state.get("v", torch.zeros_like(p)) + (1 - alpha) * g**2
    return p - lr * g / torch.sqrt(v + eps), {"v": v}


def adam_step(p, g, state, lr, betas, eps):
    m = betas[0] * state.get("m", torch.zeros_like(p)) + (1 - betas[0]) * g
    v = betas[1] * state.get("v", torch.zeros_like(p)) + (1 - betas[1]) * g**2
    return p - lr * m / (v.sqrt() + eps), {"m": m, "v": v}
