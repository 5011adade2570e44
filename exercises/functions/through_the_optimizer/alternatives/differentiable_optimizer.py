"""An optimizer of torch with `differentiable=True`."""

import torch


def meta_gradient(f, theta, lr, steps):
    start = theta.clone().requires_grad_()
    point = start.clone()  # changed in place by the optimizer, so f gets copies
    point.retain_grad()
    optimizer = torch.optim.SGD([point], lr=lr, differentiable=True)
    for step in range(steps):
        here = point.clone()
        loss = f(here)
        print("step", step, loss.item())
        point.grad = torch.autograd.grad(loss, here, create_graph=True)[0]
        optimizer.step()
    return torch.autograd.grad(f(point), start)[0]
