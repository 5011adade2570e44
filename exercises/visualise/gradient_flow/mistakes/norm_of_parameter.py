"""Takes the norm of the parameter itself; draws bars of the last step, which cannot be counted."""

import matplotlib.pyplot as plt
import torch


def gradient_flow(model, batches, lr):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    flow = {name: [] for name, _ in model.named_parameters()}
    for x, y in batches:
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(model(x), y).backward()
        for name, parameter in model.named_parameters():
            flow[name].append(parameter.detach().norm())
        optimizer.step()
    return {name: torch.stack(norms) for name, norms in flow.items()}


def plot(flow):
    figure, axes = plt.subplots()
    axes.bar(list(flow), [float(norms[-1]) for norms in flow.values()])
    axes.set(xlabel="parameter", ylabel="norm")
    return figure
