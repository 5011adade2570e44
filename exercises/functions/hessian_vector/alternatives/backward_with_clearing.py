"""Two `backward` calls, with `.grad` cleared in between."""

from collections.abc import Callable

from torch import Tensor


def hvp(f: Callable[[Tensor], Tensor], x: Tensor, v: Tensor) -> Tensor:
    tracked = x.clone().requires_grad_(True)
    f(tracked).backward(create_graph=True)
    directional = (tracked.grad * v).sum()
    tracked.grad = None
    directional.backward()
    print("curvature along v:", float(tracked.grad @ v))
    return tracked.grad
