"""`torch.func.grad_and_value` on a tuple of parameters; no state at all."""

from torch.func import grad_and_value


def train(x, y, weight, bias, lr, epochs):
    def loss_of(parameters):
        return (parameters[0] * x + parameters[1] - y).square().mean()

    parameters, losses = (weight, bias), []
    for _ in range(epochs):
        slopes, loss = grad_and_value(loss_of)(parameters)
        losses.append(loss.item())
        parameters = tuple(p - lr * slope for p, slope in zip(parameters, slopes))
    return dict(zip(("weight", "bias", "losses"), (*parameters, losses)))
