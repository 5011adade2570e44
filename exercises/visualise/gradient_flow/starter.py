import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from torch import Tensor


def gradient_flow(model: torch.nn.Module, batches: list[tuple[Tensor, Tensor]], lr: float) -> dict[str, Tensor]:
    """Return the gradient norm of every parameter at every batch, by parameter name, while training the model."""
    flow = {name: [] for name, _ in model.named_parameters()}
    for x, y in batches:
        loss = torch.nn.functional.mse_loss(model(x), y)
        # Call backward, store the norms, step.
    return {name: torch.tensor(norms) for name, norms in flow.items()}


def plot(flow: dict[str, Tensor]) -> Figure:
    """Return a figure with a line for each parameter, and labelled axes."""
    figure, axes = plt.subplots()
    return figure
