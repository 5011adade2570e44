"""Updates in place under no_grad and zeroes by hand."""

import torch


def train(x, y, weight, bias, lr, epochs):
    w = weight.detach().clone().requires_grad_(True)
    b = bias.detach().clone().requires_grad_(True)
    history = []
    for _ in range(epochs):
        loss = torch.mean(torch.pow(w * x + b - y, 2))
        loss.backward()
        history += [loss.item()]
        with torch.no_grad():
            for parameter in (w, b):
                parameter.sub_(lr * parameter.grad)
                parameter.grad.zero_()
    return {"weight": w.detach(), "bias": b.detach(), "losses": history}
