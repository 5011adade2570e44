import torch


def gradients_at(f, points):
    """The gradient of the sum over the points: no point influences the value of another."""
    points.requires_grad_()
    total = sum(f(point) for point in points)
    total.backward()
    return points.grad
