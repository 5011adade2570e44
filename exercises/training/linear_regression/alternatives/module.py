"""A module with parameters and an optimizer, with type hints and prints."""

import torch
from torch import Tensor, nn

EVERY = 5


class LinearModel(nn.Module):
    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight.clone())
        self.bias = nn.Parameter(bias.clone())

    def forward(self, x: Tensor) -> Tensor:
        return self.weight * x + self.bias


def train(x: Tensor, y: Tensor, weight: Tensor, bias: Tensor, lr: float, epochs: int) -> dict:
    model, criterion = LinearModel(weight, bias), nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses: list[float] = []
    for epoch in range(epochs):
        loss = criterion(model(x), y)
        losses.append(float(loss.detach()))
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        if epoch % EVERY == 0:
            print(f"epoch {epoch}: {losses[-1]:.4f}")
    return {"weight": model.weight, "bias": model.bias, "losses": losses}
