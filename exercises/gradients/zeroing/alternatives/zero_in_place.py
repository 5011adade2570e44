import torch

KEEP = []


class Slope:
    def __init__(self, f):
        self.f = f

    def at(self, x):
        if x.grad is not None:
            x.grad.zero_()
        self.f(x).backward()
        return x.grad.clone()


def gradients_at(f, points):
    slope, x = Slope(f), torch.zeros_like(points[0]).requires_grad_()
    rows = []
    for point in points:
        x.data.copy_(point)
        rows.append(slope.at(x))
    return torch.stack(rows)
