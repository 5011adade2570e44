"""Steps with the gradient of the previous epoch."""


def train(x, y, weight, bias, lr, epochs):
    losses, last = [], None
    for _ in range(epochs):
        error = weight * x + bias - y
        losses.append((error**2).mean().item())
        now = 2 * (error * x).mean(0), 2 * error.mean(0)
        last = last or now
        weight, bias = weight - lr * last[0], bias - lr * last[1]
        last = now
    return {"weight": weight, "bias": bias, "losses": losses}
