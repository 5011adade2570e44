"""Adds the step in SGD, divides by the mean square without a root, and mixes Adam's betas up."""

import torch


def sgd_step(p, g, state, lr, momentum):
    buffer = momentum * state.get("buffer", torch.zeros_like(p)) + g
    return p + lr * buffer, {"buffer": buffer}


def rmsprop_step(p, g, state, lr, alpha, eps):
    v = alpha * state.get("v", torch.zeros_like(p)) + (1 - alpha) * g**2
    return p - lr * g / (v + eps), {"v": v}


def adam_step(p, g, state, lr, betas, eps):
    beta2, beta1 = betas
    t = state.get("t", 0) + 1
    m = beta1 * state.get("m", torch.zeros_like(p)) + (1 - beta1) * g
    v = beta2 * state.get("v", torch.zeros_like(p)) + (1 - beta2) * g**2
    return p - lr * (m / (1 - beta1**t)) / ((v / (1 - beta2**t)).sqrt() + eps), {"t": t, "m": m, "v": v}
