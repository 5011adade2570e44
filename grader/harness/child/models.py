"""The `torch.nn.Module`s that learners' entries receive: made here by name, with weights that are sent as tensors."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from grader.harness.wire.values import Model

_ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {"tanh": nn.Tanh, "relu": nn.ReLU, "sigmoid": nn.Sigmoid}


def _mlp(weights: list[Tensor], biases: list[Tensor], activation: str) -> nn.Module:
    """A multi-layer perceptron: weights[i] (out, in), biases[i] (out,), an activation between the layers."""
    layers: list[nn.Module] = []
    for weight, bias in zip(weights, biases, strict=True):
        layers.append(_linear(weight, bias))
        layers.append(_ACTIVATIONS[activation]())
    return nn.Sequential(*layers[:-1])


def _linear(weight: Tensor, bias: Tensor) -> nn.Linear:
    layer = nn.Linear(weight.shape[1], weight.shape[0], dtype=weight.dtype)
    with torch.no_grad():
        layer.weight.copy_(weight)
        layer.bias.copy_(bias)
    return layer


_FACTORIES: dict[str, Callable[..., nn.Module]] = {"mlp": _mlp}


def make_model(name: str, params: Mapping[str, Any]) -> nn.Module:
    """Return a new model. Raises LookupError if none has that name, TypeError if it does not take `params`."""
    if name not in _FACTORIES:
        raise LookupError(f"there is no model of that name; there are {', '.join(sorted(_FACTORIES))}")
    return _FACTORIES[name](**params)


def build_model(model: Model) -> nn.Module:
    """Return the `torch.nn.Module` that a `Model` stands for."""
    return make_model(model.name, model.params)
