import torch
from torch import Tensor


def train_epoch(
    x: Tensor, y: Tensor, weight: Tensor, bias: Tensor, lr: float, batch_size: int, accumulation_steps: int
) -> tuple[Tensor, Tensor]:
    """Return weight and bias after one pass through the points, with a step after every accumulation_steps batches."""
    weight = weight.clone().requires_grad_()
    bias = bias.clone().requires_grad_()
    optimizer = torch.optim.SGD([weight, bias], lr=lr)
    for batch_x, batch_y in zip(x.split(batch_size), y.split(batch_size)):
        loss = ((batch_x @ weight + bias - batch_y) ** 2).mean()
        # Divide, call backward; step and zero only when it is time.
    return weight, bias
