"""Goes back by hand and leaves a gradient of the biases for every point; trains the last layer's bias alone."""

import torch
from torch.nn.functional import cross_entropy, one_hot


def gradients(params, x, y, device):
    hidden = torch.tanh(x @ params["w1"] + params["b1"])
    logits = hidden @ params["w2"] + params["b2"]
    error = (torch.softmax(logits, dim=1) - one_hot(y, logits.shape[1])) / len(x)
    back = error @ params["w2"].T * (1 - hidden**2)
    return {"w1": x.T @ back, "b1": back, "w2": hidden.T @ error, "b2": error}


def train(x, y, classes, seed, device):
    torch.manual_seed(seed)
    weight = torch.zeros(x.shape[1], classes, dtype=x.dtype, device=device)
    bias = torch.zeros(classes, dtype=x.dtype, device=device, requires_grad=True)
    for _ in range(20):
        loss = cross_entropy(x @ weight + bias, y)
        (slope,) = torch.autograd.grad(loss, bias)
        bias = (bias - 0.1 * slope).detach().requires_grad_()
    return lambda points: points @ weight + bias
