"""Moves the weight first, and computes the gradient of the bias there."""

import torch
from torch.nn.functional import mse_loss


def train(x, y, weight, bias, lr, epochs):
    weight, bias = weight.clone().requires_grad_(), bias.clone().requires_grad_()
    losses = []
    for _ in range(epochs):
        losses.append(mse_loss(weight * x + bias, y).item())
        for parameter in (weight, bias):
            parameter.grad = None
            mse_loss(weight * x + bias, y).backward()
            with torch.no_grad():
                parameter.sub_(lr * parameter.grad)
            parameter.grad = None

    return {"weight": weight.detach(), "bias": bias.detach(), "losses": losses}
