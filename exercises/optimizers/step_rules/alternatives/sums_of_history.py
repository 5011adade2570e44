"""Remembers all gradients and computes the averages as weighted sums; a helper class for the memory."""

import torch


class History(list):
    def weighted(self, rate, power=1):
        weights = [rate ** (len(self) - 1 - i) for i in range(len(self))]
        return sum(weight * g**power for weight, g in zip(weights, self))


def remember(state, g):
    return History([*state.get("all", []), g.detach().clone()])


def sgd_step(p, g, state, lr, momentum):
    history = remember(state, g)
    return p - lr * history.weighted(momentum), {"all": history}


def rmsprop_step(p, g, state, lr, alpha, eps):
    history = remember(state, g)
    v = (1 - alpha) * history.weighted(alpha, power=2)
    return p - lr * g / (torch.sqrt(v) + eps), {"all": history}


def adam_step(p, g, state, lr, betas, eps):
    history = remember(state, g)
    t, (beta1, beta2) = len(history), betas
    m_hat = (1 - beta1) * history.weighted(beta1) / (1 - beta1**t)
    v_hat = (1 - beta2) * history.weighted(beta2, power=2) / (1 - beta2**t)
    return p - lr * m_hat / (torch.sqrt(v_hat) + eps), {"all": history}
