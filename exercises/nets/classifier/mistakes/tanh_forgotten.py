"""Goes back by hand and forgets the slope of the tanh; trains a model without a hidden layer."""

import torch
from torch.nn.functional import cross_entropy, one_hot


def gradients(params, x, y):
    hidden = torch.tanh(x @ params["w1"] + params["b1"])
    logits = hidden @ params["w2"] + params["b2"]
    error = (torch.softmax(logits, dim=1) - one_hot(y, logits.shape[1])) / len(x)
    back = error @ params["w2"].T
    return {"w1": x.T @ back, "b1": back.sum(0), "w2": hidden.T @ error, "b2": error.sum(0)}


def train(x, y, classes, seed):
    torch.manual_seed(seed)
    model = torch.nn.Linear(x.shape[1], classes).double()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
    for _ in range(80):
        optimizer.zero_grad()
        cross_entropy(model(x), y).backward()
        optimizer.step()
    return model
