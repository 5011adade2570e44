"""Trajectories of three optimizers: truth by their written-out rules, witnessed by `torch.optim`."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor

from grader.authoring import Case, Chart, Function, NearMiss, build, generator, normal, uniform, whole
from grader.references import optimizers, wrong_optimizers

Rules = Mapping[str, optimizers.Rule]
OPTIM = {"sgd": torch.optim.SGD, "rmsprop": torch.optim.RMSprop, "adam": torch.optim.Adam}
RIGHT: Rules = {"sgd": optimizers.sgd_step, "rmsprop": optimizers.rmsprop_step, "adam": optimizers.adam_step}
UNCORRECTED = {"adam": partial(wrong_optimizers.adam, corrected=False)}
INSIDE = {
    "rmsprop": partial(wrong_optimizers.rmsprop, inside=True),
    "adam": partial(wrong_optimizers.adam, inside=True),
}


def cases(seed: int) -> list[Case]:
    rng = generator(seed)
    valley = Function("rosenbrock", {"steepness": 20.0})
    return [
        _walk("a bowl", _bowl([1.0, 10.0]), torch.tensor([2.0, 1.0]), 12, (0.05, 0.1, 0.2), public=True),
        _walk("a curved valley", valley, _beside_valley(rng), whole(rng, 8, 14), _lrs(rng, 0.002)),
        _walk("a nearly flat bowl", _flat(rng), normal(rng, 3), whole(rng, 5, 9), _lrs(rng, 2.0)),
        _walk("five coordinates", Function("coupled_quartic"), normal(rng, 5), whole(rng, 6, 10), _lrs(rng, 0.05)),
        _walk("a single number", Function("sum_of_sines"), uniform(rng, low=-1.0), whole(rng, 8, 12), _lrs(rng, 0.2)),
        _walk("a small network", _network(rng), normal(rng, 4), whole(rng, 3, 6), _lrs(rng, 0.3)),
        _plot("three optimizers", generator(0), {"sgd": 13, "rmsprop": 13, "adam": 13}, public=True),
        _plot("a single curve", rng, {"plain": whole(rng, 5, 9)}),
        _plot("curves of different lengths", rng, {"short": 4, "longer": whole(rng, 8, 12), "longest": 30}),
        _plot("six long curves", rng, dict.fromkeys("abcdef", whole(rng, 80, 120))),
    ]


def truth(case: Case) -> Any:
    if case.entry == "plot":
        return {"lines": [len(values) for values in case.args[0].values()]}
    return _paths(case)


def witness(case: Case) -> Any:
    if case.entry == "plot":
        return {"lines": [values.numel() for values in case.args[0].values()]}
    function, start, steps, lrs = case.args
    return {
        name: optimizers.optim_trajectory(build(function), start, steps, partial(make, lr=lrs[name]))
        for name, make in OPTIM.items()
    }


def near_misses(case: Case) -> list[NearMiss]:
    if case.entry == "plot":
        return []
    right, longer = _paths(case), _paths(case, steps=case.args[2] + 1)
    wrong = {
        "no_bias_correction": [right | _paths(case, UNCORRECTED)],
        "eps_inside_root": [right | _paths(case, INSIDE)],
        "start_missing": [_each(right, lambda path: path[1:]), _each(longer, lambda path: path[1:])],
        "end_missing": [_each(right, lambda path: path[:-1])],
        "points_not_copied": [_each(right, lambda path: path[-1].expand_as(path))],
        "never_zeroed": [_paths(case, {name: _unzeroed(rule) for name, rule in RIGHT.items()})],
        "learning_rates_mixed": [_paths(case, lrs=_turned(case, by)) for by in (1, 2)],
        "not_restarted": [_one_after_another(case)],
    }
    return [NearMiss(diagnosis=name, value=value) for name, values in wrong.items() for value in values]


def counterexamples() -> list[Case]:
    f, rates = Function("sum_of_squares"), (0.2, 0.05, 0.3)
    return [
        _walk("one step", f, torch.tensor(1.0), 1, rates),
        _walk("a small gradient", f, torch.tensor(1e-4), 1, rates),
        _walk("two steps", f, torch.tensor(1.0), 2, rates),
        _walk("two numbers", f, torch.tensor([1.0, -2.0]), 2, rates),
    ]


def chart(case: Case, value: Any) -> Chart | None:
    """The value of f at every visited point."""
    if case.entry == "plot":
        return None
    f = build(case.args[0])
    lines = {name: [float(f(point)) for point in path.double()] for name, path in value.items()}
    return Chart(title="f along the way", lines=lines)


# Cases


def _walk(
    name: str, function: Function, start: Tensor, steps: int, lrs: Sequence[float], *, public: bool = False
) -> Case:
    rates = dict(zip(RIGHT, lrs, strict=True))
    return Case(name=name, entry="compare", args=(function, start.to(torch.float64), steps, rates), public=public)


def _plot(name: str, rng: Any, lengths: Mapping[str, int], *, public: bool = False) -> Case:
    losses = {key: uniform(rng, length).cumsum(0).flip(0) / length for key, length in lengths.items()}
    return Case(name=name, entry="plot", args=(losses,), probe="figure", options={"picture": public}, public=public)


def _lrs(rng: Any, sgd: float) -> list[float]:
    """Return three different learning rates, the first one about `sgd`: only SGD depends on how steep f is."""
    factors = uniform(rng, 3, low=0.8, high=1.2)
    return [round(float(factor) * lr, 5) for factor, lr in zip(factors, (sgd, 0.02, 0.07), strict=True)]


def _bowl(curvature: list[float]) -> Function:
    centre = torch.zeros(len(curvature), dtype=torch.float64)
    return Function("quadratic_bowl", {"curvature": torch.tensor(curvature, dtype=torch.float64), "centre": centre})


def _flat(rng: Any) -> Function:
    """Gradients so small that an epsilon in the wrong place changes the result."""
    return Function("quadratic_bowl", {"curvature": uniform(rng, 3, low=1e-4, high=1e-3), "centre": normal(rng, 3)})


def _beside_valley(rng: Any) -> Tensor:
    return torch.tensor([-1.2, 1.0], dtype=torch.float64) + normal(rng, 2, scale=0.1)


def _network(rng: Any) -> Function:
    return Function("scalar_network", {"w1": normal(rng, 4, 5), "b1": normal(rng, 5), "w2": normal(rng, 5)})


# Paths


def _paths(
    case: Case, rules: Rules = RIGHT, *, lrs: Mapping[str, float] | None = None, steps: int = 0
) -> dict[str, Tensor]:
    """Return the trajectories of a case by these rules, with other learning rates or steps if given."""
    function, start, usual_steps, usual_lrs = case.args
    f, rates = build(function), lrs or usual_lrs
    return {
        name: optimizers.trajectory(f, start, steps or usual_steps, partial(rule, lr=rates[name]))
        for name, rule in rules.items()
    }


def _each(paths: Mapping[str, Tensor], change: Callable[[Tensor], Tensor]) -> dict[str, Tensor]:
    return {name: change(path) for name, path in paths.items()}


def _turned(case: Case, by: int) -> dict[str, float]:
    rates = list(case.args[3].values())
    return dict(zip(RIGHT, rates[by:] + rates[:by], strict=True))


def _one_after_another(case: Case) -> dict[str, Tensor]:
    function, start, steps, lrs = case.args
    paths: dict[str, Tensor] = {}
    for name, rule in RIGHT.items():
        paths[name] = optimizers.trajectory(build(function), start, steps, partial(rule, lr=lrs[name]))
        start = paths[name][-1]
    return paths


def _unzeroed(rule: optimizers.Rule) -> optimizers.Rule:
    """Return the rule, applied to the sum of all gradients so far."""

    def step(p: Tensor, g: Tensor, state: optimizers.State, **settings: Any) -> tuple[Tensor, optimizers.State]:
        total = state.get("total", torch.zeros_like(g)) + g
        point, inner = rule(p, total, state.get("inner", {}), **settings)
        return point, {"total": total, "inner": inner}

    return step
