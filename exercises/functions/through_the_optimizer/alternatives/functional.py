"""`torch.func` all the way: the gradient of a function that takes the steps."""

from torch.func import grad


def meta_gradient(f, theta, lr, steps):
    def after(point):
        for _ in range(steps):
            point = point - lr * grad(f)(point)
        return f(point)

    return grad(after)(theta)
