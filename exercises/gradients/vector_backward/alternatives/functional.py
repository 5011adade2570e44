import torch


class Pullback:
    def __init__(self, f, x):
        self.y, self.back = torch.func.vjp(f, x)

    def __call__(self, v):
        return self.back(v)[0]


def vjp(f, x, v):
    return Pullback(f, x)(v)
