"""Changes the point in place, swaps RMSprop's shares, and counts Adam's steps from zero."""

import torch


def sgd_step(p, g, state, lr, momentum):
    state["buffer"] = momentum * state.get("buffer", 0) + g
    p -= lr * state["buffer"]
    return p, state


def rmsprop_step(p, g, state, lr, alpha, eps):
    state["v"] = (1 - alpha) * state.get("v", 0) + alpha * g**2
    return p - lr * g / (state["v"].sqrt() + eps), state


def adam_step(p, g, state, lr, betas, eps):
    t = state.setdefault("t", 0)
    state["m"] = betas[0] * state.get("m", 0) + (1 - betas[0]) * g
    state["v"] = betas[1] * state.get("v", 0) + (1 - betas[1]) * g**2
    state["t"] = t + 1
    return p - lr * (state["m"] / (1 - betas[0] ** t)) / ((state["v"] / (1 - betas[1] ** t)).sqrt() + eps), state
