"""`backward` on the arguments themselves, one point at a time; log-softmax and a loss written out."""

import torch


def gradients(params: dict, x, y) -> dict:
    for value in params.values():
        value.requires_grad_()
    for point, label in zip(x, y):
        logits = torch.tanh(point @ params["w1"] + params["b1"]) @ params["w2"] + params["b2"]
        loss = torch.logsumexp(logits, dim=0) - logits[label]
        (loss / len(x)).backward()
    return {name: value.grad for name, value in params.items()}


def train(x, y, classes, seed):
    torch.manual_seed(seed)
    mean, deviation = x.mean(0), x.std(0) + 1e-6
    model = torch.nn.Sequential(
        torch.nn.Linear(x.shape[1], 24, dtype=torch.float64),
        torch.nn.ReLU(),
        torch.nn.Linear(24, classes, dtype=torch.float64),
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=0.03)
    inputs = (x - mean) / deviation
    for _ in range(80):
        loss = -torch.log_softmax(model(inputs), dim=1)[torch.arange(len(y)), y].mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    def predict(points):
        return model((points - mean) / deviation).float()

    return predict
