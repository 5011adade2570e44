"""Does the arithmetic on numpy's arrays, and returns the losses as a tuple."""

import torch


def train(x, y, weight, bias, lr, epochs):
    inputs, targets, w, b = x.numpy(), y.numpy(), weight.numpy(), bias.numpy()
    losses = ()
    for _ in range(epochs):
        error = w * inputs + b - targets
        losses += (float((error**2).mean()),)
        w, b = w - lr * 2 * (error * inputs).mean(), b - lr * 2 * error.mean()
    return {"weight": torch.from_numpy(w), "bias": torch.from_numpy(b), "losses": losses}
