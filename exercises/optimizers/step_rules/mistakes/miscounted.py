"""Adds the momentum into the gradient that was passed in; Adam always corrects as in the first step."""

import torch


def sgd_step(p, g, state, lr, momentum):
    if state:
        g += momentum * state["buffer"]
    return p - lr * g, {"buffer": g.clone()}


def rmsprop_step(p, g, state, lr, alpha, eps):
    square = (1 - alpha) * state.get("square", torch.zeros_like(p)) + alpha * g * g
    return p - lr * g / (square.sqrt() + eps), {"square": square}


def adam_step(p, g, state, lr, betas, eps):
    mean = betas[0] * state.get("mean", torch.zeros_like(p)) + (1 - betas[0]) * g
    square = betas[1] * state.get("square", torch.zeros_like(p)) + (1 - betas[1]) * g * g
    size = (square / (1 - betas[1])).sqrt() + eps
    return p - lr * mean / (1 - betas[0]) / size, {"mean": mean, "square": square}
