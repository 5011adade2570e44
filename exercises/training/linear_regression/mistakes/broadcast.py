"""Flattens the targets, so that every prediction is compared with every target."""

import torch
from torch.nn.functional import mse_loss


def train(x, y, weight, bias, lr, epochs):
    weight, bias = weight.clone().requires_grad_(), bias.clone().requires_grad_()
    losses = []
    for _ in range(epochs):
        loss = ((weight * x + bias - y.flatten()) ** 2).mean()
        losses.append(loss.item())
        loss.backward()
        with torch.no_grad():
            weight -= lr * weight.grad
            bias -= lr * bias.grad
        weight.grad = bias.grad = None

    return {"weight": weight.detach(), "bias": bias.detach(), "losses": losses}
