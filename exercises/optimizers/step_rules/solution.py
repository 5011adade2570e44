import torch
from torch import Tensor


def sgd_step(p: Tensor, g: Tensor, state: dict, lr: float, momentum: float) -> tuple[Tensor, dict]:
    buffer = momentum * state.get("buffer", torch.zeros_like(p)) + g
    return p - lr * buffer, {"buffer": buffer}


def rmsprop_step(p: Tensor, g: Tensor, state: dict, lr: float, alpha: float, eps: float) -> tuple[Tensor, dict]:
    v = alpha * state.get("v", torch.zeros_like(p)) + (1 - alpha) * g**2
    return p - lr * g / (v.sqrt() + eps), {"v": v}


def adam_step(
    p: Tensor, g: Tensor, state: dict, lr: float, betas: tuple[float, float], eps: float
) -> tuple[Tensor, dict]:
    t = state.get("t", 0) + 1
    m = betas[0] * state.get("m", torch.zeros_like(p)) + (1 - betas[0]) * g
    v = betas[1] * state.get("v", torch.zeros_like(p)) + (1 - betas[1]) * g**2
    m_hat, v_hat = m / (1 - betas[0] ** t), v / (1 - betas[1] ** t)
    return p - lr * m_hat / (v_hat.sqrt() + eps), {"t": t, "m": m, "v": v}
