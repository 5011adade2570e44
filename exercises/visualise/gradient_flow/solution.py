import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from torch import Tensor


def gradient_flow(model: torch.nn.Module, batches: list[tuple[Tensor, Tensor]], lr: float) -> dict[str, Tensor]:
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    flow = {name: [] for name, _ in model.named_parameters()}
    for x, y in batches:
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(model(x), y).backward()
        for name, parameter in model.named_parameters():
            flow[name].append(parameter.grad.norm())
        optimizer.step()
    return {name: torch.stack(norms) for name, norms in flow.items()}


def plot(flow: dict[str, Tensor]) -> Figure:
    figure, axes = plt.subplots()
    for name, norms in flow.items():
        axes.plot(norms, label=name)
    axes.set_yscale("log")
    axes.set_xlabel("step")
    axes.set_ylabel("gradient norm")
    axes.legend()
    return figure
