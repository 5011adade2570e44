"""Stores the loss after the step."""

import torch
from torch.nn.functional import mse_loss


def train(x, y, weight, bias, lr, epochs):
    weight, bias = weight.clone().requires_grad_(), bias.clone().requires_grad_()
    losses = []
    for _ in range(epochs):
        optimizer = torch.optim.SGD([weight, bias], lr=lr)
        optimizer.zero_grad()
        mse_loss(weight * x + bias, y).backward()
        optimizer.step()
        losses.append(mse_loss(weight * x + bias, y).item())

    return {"weight": weight.detach(), "bias": bias.detach(), "losses": losses}
