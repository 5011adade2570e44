"""Forgets gamma."""


def td_loss(value, next_value, reward, gamma):
    target = reward + next_value.detach()
    return ((value - target) ** 2).mean()
