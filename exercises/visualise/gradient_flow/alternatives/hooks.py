"""Uses hooks that run during `backward`; draws a mesh of colours."""

import matplotlib.pyplot as plt
import torch


class Recorder:
    def __init__(self, model):
        self.flow = {}
        for name, parameter in model.named_parameters():
            self.flow[name] = []
            parameter.register_hook(self.listener(name))

    def listener(self, name):
        def hear(gradient):
            self.flow[name].append(gradient.detach().norm(p=2))

        return hear


def gradient_flow(model, batches, lr):
    recorder = Recorder(model)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    model.train()
    for number, (x, y) in enumerate(batches):
        loss = torch.mean((model(x) - y) ** 2)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(f"batch {number}: {loss.item():.4f}")
    return {name: torch.stack(norms) for name, norms in recorder.flow.items()}


def plot(flow):
    figure = plt.figure()
    axes = figure.add_subplot()
    mesh = axes.pcolormesh(torch.stack([*flow.values()]).log10())
    figure.colorbar(mesh, label="log10 of the norm")
    axes.set(xlabel="step", ylabel="parameter")
    return figure
