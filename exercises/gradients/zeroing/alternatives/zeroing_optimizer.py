import torch


def gradients_at(f, points):
    """One parameter for all points, zeroed by an optimizer that never steps."""
    x = torch.nn.Parameter(points[0].clone())
    optimizer = torch.optim.SGD([x], lr=0.1)
    result = torch.empty_like(points)
    for i, point in enumerate(points):
        optimizer.zero_grad()
        with torch.no_grad():
            x.copy_(point)
        f(x).backward()
        result[i] = x.grad
    return result
