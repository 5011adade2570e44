"""The gradient of the derivative along v."""

from torch.func import grad, jvp


class Direction:
    def __init__(self, f, v):
        self.f, self.v = f, v

    def __call__(self, x):
        return jvp(self.f, (x,), (self.v,))[1]


def hvp(f, x, v):
    return grad(Direction(f, v))(x)
