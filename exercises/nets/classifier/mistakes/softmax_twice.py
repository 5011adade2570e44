"""Puts a softmax in front of cross_entropy, and returns classes instead of logits."""

import torch
from torch.nn.functional import cross_entropy


def gradients(params, x, y):
    tracked = {name: value.clone().requires_grad_() for name, value in params.items()}
    hidden = torch.tanh(x @ tracked["w1"] + tracked["b1"])
    probabilities = torch.softmax(hidden @ tracked["w2"] + tracked["b2"], dim=1)
    cross_entropy(probabilities, y).backward()
    return {name: value.grad for name, value in tracked.items()}


def train(x, y, classes, seed):
    torch.manual_seed(seed)
    model = torch.nn.Sequential(torch.nn.Linear(x.shape[1], 32), torch.nn.Tanh(), torch.nn.Linear(32, classes)).double()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(60):
        optimizer.zero_grad()
        cross_entropy(model(x), y).backward()
        optimizer.step()
    return lambda points: model(points).argmax(dim=1)
