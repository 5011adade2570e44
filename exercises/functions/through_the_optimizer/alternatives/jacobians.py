"""The Jacobian of the whole descent, times the gradient at its end."""

import torch
from torch.func import grad, jacfwd


def meta_gradient(f, theta, lr, steps):
    def descend(point):
        for _ in range(steps):
            point = point - lr * grad(f)(point)
        return point

    return jacfwd(descend)(theta).T @ grad(f)(descend(theta))
