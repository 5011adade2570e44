"""Derivatives by autograd, in float64."""

from collections.abc import Callable

import torch
from torch import Tensor


def gradient(f: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Return the gradient of `f(x).sum()` with respect to x; shape of x. Entries that f does not use are zero."""
    point = x.detach().clone().requires_grad_()
    total = f(point).sum()
    return _derivative(total, point)


def vjp(f: Callable[[Tensor], Tensor], x: Tensor, v: Tensor) -> Tensor:
    """Return the vector-Jacobian product v^T J of f at x; v has the shape of f(x), the result that of x."""
    return gradient(lambda point: f(point) * v, x)


def derivatives(f: Callable[[Tensor], Tensor], x: Tensor, order: int) -> list[Tensor]:
    """Return the 1st to `order`-th derivative of an elementwise f at x; each has the shape of x."""
    point = x.detach().clone().requires_grad_()
    values, current = [], f(point)
    for _ in range(order):
        current = _derivative(current.sum(), point, create_graph=True)
        values.append(current.detach())
    return values


def jacobian(f: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Return the Jacobian of f at a vector x; shape (outputs, inputs)."""
    result = torch.autograd.functional.jacobian(f, x.detach())  # type: ignore[no-untyped-call]
    assert isinstance(result, Tensor)
    return result


def _derivative(total: Tensor, point: Tensor, *, create_graph: bool = False) -> Tensor:
    if not total.requires_grad:
        return torch.zeros_like(point)
    (result,) = torch.autograd.grad(total, point, create_graph=create_graph, allow_unused=True)
    return torch.zeros_like(point) if result is None else result
