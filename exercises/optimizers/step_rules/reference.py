"""Steps of three optimizers with given gradients: truth by the formulas, witnessed by `torch.optim`."""

from functools import partial
from typing import Any

import torch
from torch import Tensor

from grader.authoring import Case, NearMiss, generator, normal, uniform, whole
from grader.references import optimizers, wrong_optimizers

RULES = {
    "sgd_step": optimizers.sgd_step,
    "rmsprop_step": optimizers.rmsprop_step,
    "adam_step": optimizers.adam_step,
}
USUAL = {"sgd_step": (0.9,), "rmsprop_step": (0.99, 1e-8), "adam_step": ((0.9, 0.999), 1e-8)}


def cases(seed: int) -> list[Case]:
    rng = generator(seed)
    return [
        _case("two steps", "sgd_step", _example(), (0.1, 0.5), public=True),
        _case("no momentum", "sgd_step", _random(rng, 3, steps=3), (_rate(rng), 0.0)),
        _case("a matrix", "sgd_step", _random(rng, 2, 3, steps=whole(rng, 3, 6)), (_rate(rng), 0.9)),
        _case("a single number", "sgd_step", _random(rng, steps=4), (_rate(rng), 0.6)),
        _case("two steps", "rmsprop_step", _example(), (0.1, 0.75, 0.5), public=True),
        _case("a matrix", "rmsprop_step", _random(rng, 3, 2, steps=whole(rng, 3, 6)), (_rate(rng), 0.9, 0.1)),
        _case("small gradients", "rmsprop_step", _random(rng, 4, steps=3, scale=1e-3), (_rate(rng), 0.8, 1e-5)),
        _case("a single number", "rmsprop_step", _random(rng, steps=4), (_rate(rng), 0.95, 0.01)),
        _case("two steps", "adam_step", _example(), (0.1, (0.5, 0.75), 0.5), public=True),
        _case("a matrix", "adam_step", _random(rng, 2, 4, steps=whole(rng, 3, 6)), (_rate(rng), (0.9, 0.99), 0.1)),
        _case("small gradients", "adam_step", _random(rng, 3, steps=5, scale=1e-3), (_rate(rng), (0.8, 0.9), 1e-5)),
        _case("a single number", "adam_step", _random(rng, steps=4), (_rate(rng), (0.7, 0.95), 0.01)),
    ]


def truth(case: Case) -> Any:
    return _points(case, RULES[case.entry], _settings(case))


def witness(case: Case) -> Any:
    point = case.args[0].clone().requires_grad_()
    optimizer = _optimizer(case, point)
    points = {}
    for number, gradient in enumerate(_gradients(case), start=1):
        point.grad = gradient.clone()
        optimizer.step()
        points[f"step {number}"] = point.detach().clone()
    return points


def near_misses(case: Case) -> list[NearMiss]:
    settings, rule = _settings(case), RULES[case.entry]
    usual = (settings[0], *USUAL[case.entry])
    wrong = {
        "uphill": _points(case, rule, (-settings[0], *settings[1:])),
        "settings_ignored": _points(case, rule, usual),
        **{name: _points(case, *other) for name, other in WRONG[case.entry](settings).items()},
    }
    # What follows a blank tells apart two ways into one mistake.
    return [NearMiss(diagnosis=name.partition(" ")[0], value=value) for name, value in wrong.items()]


def counterexamples() -> list[Case]:
    number, gradients = _numbers(1.0)[0], [_numbers(4.0)[0], _numbers(2.0)[0]]
    settings = {"sgd_step": (0.5, 0.5), "rmsprop_step": (0.5, 0.75, 1.0), "adam_step": (0.5, (0.5, 0.75), 1.0)}
    return [
        _case(name, entry, (number, some), settings[entry])
        for entry in RULES
        for name, some in (("one step", gradients[:1]), ("two steps", gradients))
    ]


# Cases


def _case(
    name: str, entry: str, start: tuple[Tensor, list[Tensor]], settings: tuple[Any, ...], *, public: bool = False
) -> Case:
    p, gradients = start
    args, options = (p, gradients[0], {}, *settings), {"more": gradients[1:]}
    return Case(name=name, entry=entry, args=args, probe="walk", options=options, mutable=(2,), public=public)


def _example() -> tuple[Tensor, list[Tensor]]:
    return _numbers(1.0, -2.0), [_numbers(2.0, 0.5), _numbers(1.0, -1.0)]


def _random(rng: Any, *shape: int, steps: int, scale: float = 1.0) -> tuple[Tensor, list[Tensor]]:
    return normal(rng, *shape), [scale * normal(rng, *shape) for _ in range(steps)]


def _rate(rng: Any) -> float:
    return round(float(uniform(rng, low=0.05, high=0.3)), 3)


def _numbers(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


# Steps


def _gradients(case: Case) -> list[Tensor]:
    return [case.args[1], *case.options["more"]]


def _settings(case: Case) -> tuple[Any, ...]:
    return case.args[3:]


def _points(case: Case, rule: Any, settings: tuple[Any, ...]) -> dict[str, Tensor]:
    point, state, points = case.args[0], {}, {}
    for number, gradient in enumerate(_gradients(case), start=1):
        point, state = rule(point, gradient, state, *settings)
        points[f"step {number}"] = point
    return points


def _optimizer(case: Case, point: Tensor) -> torch.optim.Optimizer:
    lr, *rest = _settings(case)
    match case.entry:
        case "sgd_step":
            return torch.optim.SGD([point], lr=lr, momentum=rest[0])
        case "rmsprop_step":
            return torch.optim.RMSprop([point], lr=lr, alpha=rest[0], eps=rest[1])
    return torch.optim.Adam([point], lr=lr, betas=rest[0], eps=rest[1])


def _forgetful(rule: Any) -> Any:
    """Return the rule, with an empty state in every step."""
    return lambda p, g, state, *settings: rule(p, g, {}, *settings)


def _nesterov(p: Tensor, g: Tensor, state: Any, lr: float, momentum: float) -> tuple[Tensor, Any]:
    buffer = momentum * state.get("buffer", torch.zeros_like(p)) + g
    return p - lr * (g + momentum * buffer), {"buffer": buffer}


WRONG = {
    "sgd_step": lambda settings: {
        "dampened": (wrong_optimizers.sgd_dampened, settings),
        "momentum_ignored": (wrong_optimizers.sgd_plain, settings),
        "nesterov": (_nesterov, settings),
        "velocity_late": (partial(wrong_optimizers.sgd_late, first=0.0), settings),
        "velocity_late from the gradient": (partial(wrong_optimizers.sgd_late, first=1.0), settings),
    },
    "rmsprop_step": lambda settings: {
        "eps_inside_root": (partial(wrong_optimizers.rmsprop, inside=True), settings),
        "no_root": (partial(wrong_optimizers.rmsprop, rooted=False), settings),
        "not_squared": (partial(wrong_optimizers.rmsprop, power=1), settings),
        "average_late": (wrong_optimizers.rmsprop_late, settings),
        "decay_swapped": (optimizers.rmsprop_step, (settings[0], 1 - settings[1], settings[2])),
        "state_lost": (_forgetful(optimizers.rmsprop_step), settings),
        "squares_added_up": (wrong_optimizers.rmsprop_summed, settings),
        "eps_forgotten": (optimizers.rmsprop_step, (*settings[:2], 0.0)),
    },
    "adam_step": lambda settings: {
        "no_bias_correction": (partial(wrong_optimizers.adam, corrected=False), settings),
        "half_corrected": (partial(wrong_optimizers.adam, corrected=(False, True)), settings),
        "half_corrected in the mean": (partial(wrong_optimizers.adam, corrected=(True, False)), settings),
        "eps_inside_root": (partial(wrong_optimizers.adam, inside=True), settings),
        "no_root": (partial(wrong_optimizers.adam, rooted=False), settings),
        "betas_swapped": (optimizers.adam_step, (settings[0], settings[1][::-1], settings[2])),
        "decay_swapped": (partial(wrong_optimizers.adam, swapped=True), settings),
        "steps_not_counted": (partial(wrong_optimizers.adam, count=lambda step: 1), settings),
        "counted_from_two": (partial(wrong_optimizers.adam, count=lambda step: step + 1), settings),
        "state_lost": (_forgetful(optimizers.adam_step), settings),
        "corrected_kept": (wrong_optimizers.adam_corrected_twice, settings),
        "gradient_for_average": (wrong_optimizers.adam_gradient_for_mean, settings),
        "eps_forgotten": (optimizers.adam_step, (*settings[:2], 0.0)),
    },
}
