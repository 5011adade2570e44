from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy


def gradients(params: dict[str, Tensor], x: Tensor, y: Tensor) -> dict[str, Tensor]:
    tracked = {name: value.detach().clone().requires_grad_() for name, value in params.items()}
    hidden = torch.tanh(x @ tracked["w1"] + tracked["b1"])
    loss = cross_entropy(hidden @ tracked["w2"] + tracked["b2"], y)
    return dict(zip(tracked, torch.autograd.grad(loss, list(tracked.values()))))


def train(x: Tensor, y: Tensor, classes: int, seed: int) -> Callable[[Tensor], Tensor]:
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(x.shape[1], 32), nn.Tanh(), nn.Linear(32, classes)).to(x.dtype)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(80):
        optimizer.zero_grad()
        cross_entropy(model(x), y).backward()
        optimizer.step()
    return model
