import torch
from torch import Tensor
from torch.nn.functional import mse_loss


def train_epoch(
    x: Tensor, y: Tensor, weight: Tensor, bias: Tensor, lr: float, batch_size: int, accumulation_steps: int
) -> tuple[Tensor, Tensor]:
    weight, bias = weight.clone().requires_grad_(), bias.clone().requires_grad_()
    optimizer = torch.optim.SGD([weight, bias], lr=lr)
    batches = zip(x.split(batch_size), y.split(batch_size))
    for number, (batch_x, batch_y) in enumerate(batches, start=1):
        loss = mse_loss(batch_x @ weight + bias, batch_y) / accumulation_steps
        loss.backward()
        if number % accumulation_steps == 0:
            optimizer.step()
            optimizer.zero_grad()
    return weight.detach(), bias.detach()
