"""Adds the losses up instead of taking their mean, and goes uphill in training."""

import torch
from torch.nn.functional import cross_entropy


def gradients(params, x, y):
    for value in params.values():
        value.requires_grad_()
    logits = torch.tanh(x @ params["w1"] + params["b1"]) @ params["w2"] + params["b2"]
    cross_entropy(logits, y, reduction="sum").backward()
    return {name: value.grad for name, value in params.items()}


def train(x, y, classes, seed):
    torch.manual_seed(seed)
    model = torch.nn.Sequential(torch.nn.Linear(x.shape[1], 32), torch.nn.Tanh(), torch.nn.Linear(32, classes)).double()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(50):
        optimizer.zero_grad()
        (-cross_entropy(model(x), y)).backward()
        optimizer.step()
    return model
