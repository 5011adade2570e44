"""Does not change the model: `functional_call` with its own parameters; a pair of axes per parameter."""

import torch
from matplotlib.figure import Figure
from torch import Tensor, nn
from torch.func import functional_call, grad


def gradient_flow(model: nn.Module, batches: list[tuple[Tensor, Tensor]], lr: float) -> dict[str, Tensor]:
    parameters = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}

    def loss_of(values, x, y):
        return (functional_call(model, values, (x,)) - y).pow(2).mean()

    rows = []
    for x, y in batches:
        slopes = grad(loss_of)(parameters, x, y)
        rows.append(torch.stack([slope.pow(2).sum().sqrt() for slope in slopes.values()]))
        parameters = {name: value - lr * slopes[name] for name, value in parameters.items()}
    return dict(zip(parameters, torch.stack(rows, dim=1)))


def plot(flow: dict[str, Tensor]) -> Figure:
    figure = Figure(figsize=(6, 2 * len(flow)))
    for axes, (name, norms) in zip(figure.subplots(len(flow), sharex=True), flow.items()):
        axes.semilogy(norms.numpy())
        axes.set_title(name)
    figure.supxlabel("step")
    figure.supylabel("norm of the gradient")
    return figure
