"""Adds the gradient, and keeps tensors instead of floats."""

import torch
from torch.nn.functional import mse_loss


def train(x, y, weight, bias, lr, epochs):
    weight, bias = weight.clone().requires_grad_(), bias.clone().requires_grad_()
    losses = []
    for _ in range(epochs):
        loss = mse_loss(weight * x + bias, y)
        at_weight, at_bias = torch.autograd.grad(loss, (weight, bias))
        weight = (weight + lr * at_weight).detach().requires_grad_()
        bias = (bias + lr * at_bias).detach().requires_grad_()
        losses.append(loss)

    return {"weight": weight.detach(), "bias": bias.detach(), "losses": losses}
