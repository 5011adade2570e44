"""Works in a helper's scope, with v as a constant and the graph kept by hand."""

import torch


def gradient_along(f, point, direction):
    value = f(point)
    (g,) = torch.autograd.grad(value, [point], create_graph=True, retain_graph=True)
    return torch.dot(g, direction.detach())


def hvp(f, x, v):
    with torch.enable_grad():
        point = torch.autograd.Variable(x.detach().clone(), requires_grad=True)
        return torch.autograd.grad(gradient_along(f, point, v), point)[0].detach()
