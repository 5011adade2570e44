"""The gradient by its formula; the losses as a tensor."""

import torch


def train(x, y, weight, bias, lr, epochs):
    losses = torch.zeros(epochs, dtype=x.dtype)
    for epoch in range(epochs):
        error = weight * x + bias - y
        losses[epoch] = (error**2).mean()
        weight = weight - lr * 2 * (error * x).mean(dim=0)
        bias = bias - lr * 2 * error.mean(dim=0)
    return {"losses": losses, "weight": weight, "bias": bias}
