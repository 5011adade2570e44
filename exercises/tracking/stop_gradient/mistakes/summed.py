"""Sums the squares."""


def td_loss(value, next_value, reward, gamma):
    target = (reward + gamma * next_value).detach()
    return ((value - target) ** 2).sum()
