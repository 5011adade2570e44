"""Trains the caller's own tensors in place."""

import torch


def train(x, y, weight, bias, lr, epochs):
    weight.requires_grad_()
    bias.requires_grad_()
    optimizer = torch.optim.SGD([weight, bias], lr=lr)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = ((weight * x + bias - y) ** 2).mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return {"weight": weight, "bias": bias, "losses": losses}
