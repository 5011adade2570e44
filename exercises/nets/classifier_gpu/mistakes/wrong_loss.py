"""Takes the mean probability without its logarithm, and returns the optimizer instead of the model."""

import torch


def gradients(params, x, y, device):
    tracked = {name: value.clone().requires_grad_() for name, value in params.items()}
    hidden = torch.tanh(x @ tracked["w1"] + tracked["b1"])
    probabilities = torch.softmax(hidden @ tracked["w2"] + tracked["b2"], dim=1)
    (-probabilities[torch.arange(len(x), device=device), y].mean()).backward()
    return {name: value.grad for name, value in tracked.items()}


def train(x, y, classes, seed, device):
    model = torch.nn.Linear(x.shape[1], classes, device=device)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    return optimizer
