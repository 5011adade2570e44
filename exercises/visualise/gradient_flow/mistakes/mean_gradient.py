"""Takes the mean size of the entries; draws every other step."""

import matplotlib.pyplot as plt
import torch


def gradient_flow(model, batches, lr):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    flow = {name: [] for name, _ in model.named_parameters()}
    for x, y in batches:
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(model(x), y).backward()
        for name, parameter in model.named_parameters():
            flow[name].append(parameter.grad.abs().mean())
        optimizer.step()
    return {name: torch.stack(norms) for name, norms in flow.items()}


def plot(flow):
    figure, axes = plt.subplots()
    for name, norms in flow.items():
        axes.plot(norms[1::2], label=name)
    axes.set(xlabel="step", ylabel="norm")
    return figure
