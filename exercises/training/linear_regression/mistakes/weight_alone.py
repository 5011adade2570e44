"""Gives the optimizer only the weight."""

import torch
from torch.nn.functional import mse_loss


def train(x, y, weight, bias, lr, epochs):
    weight, bias = weight.clone().requires_grad_(), bias.clone().requires_grad_()
    optimizer = torch.optim.SGD([weight], lr=lr)
    losses = []
    for _ in range(epochs):
        loss = mse_loss(weight * x + bias, y)
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return {"weight": weight.detach(), "bias": bias.detach(), "losses": losses}
