import torch

LOSS = torch.nn.MSELoss()


@torch.no_grad()
def target_of(next_value, reward, gamma):
    return torch.add(reward, next_value, alpha=gamma)


def td_loss(value, next_value, reward, gamma):
    next_value.detach_()
    return LOSS(value, target_of(next_value, reward, gamma))
