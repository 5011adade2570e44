"""A helper that only rounds, straight-through; the factors before and after it cancel in the gradient."""

import torch


class Rounding:
    def __call__(self, value):
        return value + (value.round() - value).detach()


ROUND = Rounding()


def quantize(x, levels):
    print(x.shape, levels)
    return ROUND(x * (levels - 1)) / (levels - 1)
