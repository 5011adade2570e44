"""Detaches the estimate instead of the target."""


def td_loss(value, next_value, reward, gamma):
    target = reward + gamma * next_value
    return ((value.detach() - target) ** 2).mean()
