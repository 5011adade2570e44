"""Updates the leaves in place while autograd is recording."""

from torch.nn.functional import mse_loss


def train(x, y, weight, bias, lr, epochs):
    weight, bias = weight.clone().requires_grad_(), bias.clone().requires_grad_()
    losses = []
    for _ in range(epochs):
        loss = mse_loss(weight * x + bias, y)
        losses.append(loss.item())
        loss.backward()
        weight -= lr * weight.grad
        bias -= lr * bias.grad
    return {"weight": weight, "bias": bias, "losses": losses}
