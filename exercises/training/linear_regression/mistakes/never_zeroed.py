"""Never zeroes the gradients."""

import torch
from torch.nn.functional import mse_loss


def train(x, y, weight, bias, lr, epochs):
    weight, bias = weight.clone().requires_grad_(), bias.clone().requires_grad_()
    losses = []
    for _ in range(epochs):
        loss = mse_loss(weight * x + bias, y)
        loss.backward()
        losses.append(loss.item())
        with torch.no_grad():
            weight -= lr * weight.grad
            bias -= lr * bias.grad

    return {"weight": weight.detach(), "bias": bias.detach(), "losses": losses}
