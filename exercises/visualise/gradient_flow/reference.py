"""Gradient norms while a small network is trained: truth by functional autograd, witnessed by the chain rule."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.func import functional_call
from torch.nn.functional import mse_loss

from grader.authoring import Case, Chart, Model, NearMiss, build_model, generator, normal, uniform, whole

Params = dict[str, Tensor]
SLOPES: dict[str, Callable[[Tensor], Tensor]] = {
    "tanh": lambda h: 1 - h * h,
    "sigmoid": lambda h: h * (1 - h),
    "relu": lambda h: (h > 0).to(h.dtype),
}
VALUES = {"tanh": torch.tanh, "sigmoid": torch.sigmoid, "relu": torch.relu}


def cases(seed: int) -> list[Case]:
    rng = generator(seed)
    return [
        _training("a small network", generator(0), (2, 3, 1), "tanh", batches=12, lr=0.1, public=True),
        _training("a deep network with sigmoids", rng, (3, 4, 4, 4, 2), "sigmoid", batches=whole(rng, 5, 9), lr=0.5),
        _training("rectified units", rng, (4, 6, 5, 1), "relu", batches=whole(rng, 6, 10), lr=0.02),
        _training("a single layer", rng, (whole(rng, 3, 6), 2), "tanh", batches=whole(rng, 4, 8), lr=0.05),
        _training("a single batch", rng, (2, whole(rng, 3, 6), 3), "tanh", batches=1, lr=0.1),
        _drawing("four parameters", generator(0), parameters=4, steps=12, public=True),
        _drawing("two parameters", rng, parameters=2, steps=whole(rng, 20, 30)),
        _drawing("eight parameters", rng, parameters=8, steps=whole(rng, 5, 10)),
        _drawing("six parameters for long", rng, parameters=6, steps=whole(rng, 60, 90)),
    ]


def truth(case: Case) -> Any:
    if case.entry == "plot":
        return {"lines": len(case.args[0]), "points": len(next(iter(case.args[0].values())))}
    return _flow(case)


def witness(case: Case) -> Any:
    if case.entry == "plot":
        table = torch.stack(list(case.args[0].values()))
        return {"lines": table.shape[0], "points": table.shape[1]}
    return _flow(case, gradients=_by_hand)


def near_misses(case: Case) -> list[NearMiss]:
    if case.entry == "plot":
        return []
    wrong = {
        "never_zeroed": _flow(case, gradients=_accumulated()),
        "never_stepped": _flow(case, lr=0.0),
        "sum_of_errors": _flow(case, gradients=lambda *at: _autograd(*at, loss=_summed)),
        "squared_norm": _flow(case, norm=lambda gradient, _: (gradient**2).sum()),
        "root_mean_square": _flow(case, norm=lambda gradient, _: (gradient**2).mean().sqrt()),
        "other_norm": _flow(case, norm=lambda gradient, _: gradient.abs().sum()),
        "largest_entry": _flow(case, norm=lambda gradient, _: gradient.abs().max()),
        "mean_size": _flow(case, norm=lambda gradient, _: gradient.abs().mean()),
        "absolute_error": _flow(case, gradients=lambda *at: _autograd(*at, loss=torch.nn.functional.l1_loss)),
        "norm_of_parameter": _flow(case, norm=lambda _, parameter: parameter.norm()),
    }
    right = truth(case)
    total = torch.stack(list(right.values())).norm(dim=0)
    wrong["norm_of_all"] = {name: total for name in right}
    wrong["zero_norms"] = {name: torch.zeros_like(norms) for name, norms in truth(case).items()}
    return [NearMiss(diagnosis=name, value=value) for name, value in wrong.items()]


def counterexamples() -> list[Case]:
    line = {
        "weights": [torch.tensor([[1.0, 2.0]], dtype=torch.float64)],
        "biases": [torch.tensor([0.0], dtype=torch.float64)],
        "activation": "tanh",
    }
    x, y = torch.tensor([[1.0, 1.0]], dtype=torch.float64), torch.tensor([[1.0]], dtype=torch.float64)
    pairs = (
        torch.tensor([[1.0, 1.0], [0.0, 2.0]], dtype=torch.float64),
        torch.tensor([[1.0], [2.0]], dtype=torch.float64),
    )
    return [
        Case(name=name, entry="gradient_flow", args=(Model("mlp", line), batches, 0.1))
        for name, batches in (
            ("one batch", [(x, y)]),
            ("two batches", [(x, y), (2 * x, y)]),
            ("two points in a batch", [pairs]),
        )
    ]


def chart(case: Case, value: Any) -> Chart | None:
    """The norms of every parameter."""
    if case.entry == "plot":
        return None
    return Chart(title="Gradient norms", lines={name: norms.tolist() for name, norms in value.items()})


# Cases


def _training(
    name: str, rng: Any, sizes: tuple[int, ...], activation: str, *, batches: int, lr: float, public: bool = False
) -> Case:
    pairs = list(zip(sizes[:-1], sizes[1:], strict=True))
    params = {
        "weights": [normal(rng, out, into, scale=into**-0.5) for into, out in pairs],
        "biases": [normal(rng, out, scale=0.3) for _, out in pairs],
        "activation": activation,
    }
    points = whole(rng, 3, 6)
    data = [(normal(rng, points, sizes[0]), normal(rng, points, sizes[-1])) for _ in range(batches)]
    return Case(name=name, entry="gradient_flow", args=(Model("mlp", params), data, lr), public=public)


def _drawing(name: str, rng: Any, *, parameters: int, steps: int, public: bool = False) -> Case:
    names = [f"{2 * (i // 2)}.{'weight' if i % 2 == 0 else 'bias'}" for i in range(parameters)]
    flow = {key: uniform(rng, steps, low=0.1) for key in names}
    return Case(name=name, entry="plot", args=(flow,), probe="figure", options={"picture": public}, public=public)


# The flow


def _flow(
    case: Case,
    *,
    gradients: Callable[..., Params] | None = None,
    norm: Callable[[Tensor, Tensor], Tensor] | None = None,
    lr: float | None = None,
) -> dict[str, Tensor]:
    """Return the norms of a training; with other gradients, norms (of gradient and parameter) or rates if given."""
    spec, batches, usual = case.args
    model = build_model(spec)
    params = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    norms: dict[str, list[Tensor]] = {name: [] for name in params}
    for x, y in batches:
        found = (gradients or _autograd)(spec, model, params, x, y)
        for name, gradient in found.items():
            norms[name].append(norm(gradient, params[name]) if norm else (gradient * gradient).sum().sqrt())
        params = {name: value - (usual if lr is None else lr) * found[name] for name, value in params.items()}
    return {name: torch.stack(values) for name, values in norms.items()}


def _autograd(
    spec: Model, model: torch.nn.Module, params: Params, x: Tensor, y: Tensor, *, loss: Any = mse_loss
) -> Params:
    tracked = {name: value.detach().requires_grad_() for name, value in params.items()}
    found = torch.autograd.grad(loss(functional_call(model, tracked, (x,)), y), list(tracked.values()))
    return dict(zip(tracked, found, strict=True))


def _summed(prediction: Tensor, y: Tensor) -> Tensor:
    return mse_loss(prediction, y, reduction="sum")


def _accumulated() -> Callable[..., Params]:
    """Return gradients that add up from call to call."""
    total: Params = {}

    def gradients(*at: Any) -> Params:
        for name, gradient in _autograd(*at).items():
            total[name] = total.get(name, 0) + gradient
        return dict(total)

    return gradients


def _by_hand(spec: Model, model: torch.nn.Module, params: Params, x: Tensor, y: Tensor) -> Params:
    """Return the gradients by the chain rule, written out layer by layer."""
    activation = spec.params["activation"]
    layers = [(params[f"{2 * i}.weight"], params[f"{2 * i}.bias"]) for i in range(len(spec.params["weights"]))]
    inputs = [x]
    for weight, bias in layers[:-1]:
        inputs.append(VALUES[activation](inputs[-1] @ weight.T + bias))
    back = 2 * (inputs[-1] @ layers[-1][0].T + layers[-1][1] - y) / y.numel()
    found: Params = {}
    for i in reversed(range(len(layers))):
        found |= {f"{2 * i}.weight": back.T @ inputs[i], f"{2 * i}.bias": back.sum(0)}
        back = back @ layers[i][0] * SLOPES[activation](inputs[i])
    return {name: found[name] for name in params}
