"""Halves the squares, as some books do."""


def td_loss(value, next_value, reward, gamma):
    target = (reward + gamma * next_value).detach()
    return 0.5 * ((value - target) ** 2).mean()
