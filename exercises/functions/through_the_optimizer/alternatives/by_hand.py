"""The chain rule by hand: Hessian-vector products from the last step back to the first."""

import torch


def gradient(f, point, create_graph=False):
    return torch.autograd.grad(f(point), point, create_graph=create_graph)[0]


def meta_gradient(f, theta, lr, steps):
    points = [theta.clone().requires_grad_()]
    for _ in range(steps):
        points.append((points[-1] - lr * gradient(f, points[-1])).detach().requires_grad_())
    result = gradient(f, points[-1])
    for point in reversed(points[:-1]):
        (bent,) = torch.autograd.grad(gradient(f, point, create_graph=True) @ result, point)
        result = result - lr * bent
    return result
