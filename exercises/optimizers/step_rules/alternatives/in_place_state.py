"""Updates the given dict in place, and prints."""

import torch
from torch import Tensor


def _average(state: dict, name: str, new: Tensor, rate: float) -> Tensor:
    old = state.setdefault(name, torch.zeros_like(new))
    old.mul_(rate).add_(new, alpha=1 - rate)
    return old


def sgd_step(p, g, state, lr, momentum=0.0):
    if momentum == 0:
        return (torch.sub(p, g, alpha=lr), state)
    if "b" in state:
        state["b"].mul_(momentum).add_(g)
    else:
        state["b"] = g.clone()
    return (torch.sub(p, state["b"], alpha=lr), state)


def rmsprop_step(p, g, state, lr, alpha=0.99, eps=1e-8):
    v = _average(state, "v", g * g, alpha)
    return (p.addcdiv(g, v.sqrt().add(eps), value=-lr), state)


def adam_step(p, g, state, lr, betas=(0.9, 0.999), eps=1e-8):
    state["t"] = state.get("t", 0) + 1
    m, v = _average(state, "m", g, betas[0]), _average(state, "v", g.square(), betas[1])
    print("step", state["t"])
    size = lr * (1 - betas[1] ** state["t"]) ** 0.5 / (1 - betas[0] ** state["t"])
    return (p - size * m / (v.sqrt() + eps * (1 - betas[1] ** state["t"]) ** 0.5), state)
