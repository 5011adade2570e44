"""Adds the losses up over the whole epoch and goes backward through freed graphs."""

import torch
from torch.nn.functional import mse_loss


def train_epoch(x, y, weight, bias, lr, batch_size, accumulation_steps):
    weight, bias = weight.clone().requires_grad_(), bias.clone().requires_grad_()
    optimizer = torch.optim.SGD([weight, bias], lr=lr)
    total = 0
    for i, (batch_x, batch_y) in enumerate(zip(x.split(batch_size), y.split(batch_size)), start=1):
        total = total + mse_loss(batch_x @ weight + bias, batch_y) / accumulation_steps
        if i % accumulation_steps == 0:
            total.backward()
            optimizer.step()
            optimizer.zero_grad()
    return weight, bias
