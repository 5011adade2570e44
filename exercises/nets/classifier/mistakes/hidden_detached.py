"""Detaches the hidden layer, and forgets to return the model."""

import torch
from torch.nn.functional import cross_entropy


def gradients(params, x, y):
    tracked = {name: value.clone().requires_grad_() for name, value in params.items()}
    hidden = torch.tanh(x @ tracked["w1"] + tracked["b1"]).detach()
    cross_entropy(hidden @ tracked["w2"] + tracked["b2"], y).backward()
    return {name: value.grad for name, value in tracked.items()}


def train(x, y, classes, seed):
    torch.manual_seed(seed)
    model = torch.nn.Sequential(torch.nn.Linear(x.shape[1], 8), torch.nn.Tanh(), torch.nn.Linear(8, classes))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(10):
        optimizer.zero_grad()
        cross_entropy(model(x.float()), y).backward()
        optimizer.step()
