"""Steps by hand under no_grad and keeps plain floats; draws one row of colours per parameter."""

import matplotlib.pyplot as plt
import torch


def gradient_flow(model, batches, lr):
    flow = {}
    criterion = torch.nn.MSELoss()
    for x, y in batches:
        criterion(model(x), y).backward()
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                flow.setdefault(name, []).append(torch.linalg.vector_norm(parameter.grad).item())
                parameter.sub_(lr * parameter.grad)
                parameter.grad = None
    return {name: torch.tensor(norms) for name, norms in flow.items()}


def plot(flow):
    figure, axes = plt.subplots(figsize=(6, 3))
    image = axes.imshow(torch.stack(list(flow.values())).numpy(), aspect="auto")
    axes.set_yticks(range(len(flow)), list(flow))
    axes.set_xlabel("step")
    axes.set_ylabel("parameter")
    figure.colorbar(image)
    return figure
