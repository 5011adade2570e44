import torch
from torch.func import grad, vmap


def gradients_at(f, points):
    print(f"{len(points)} points")
    return vmap(grad(f))(points)
