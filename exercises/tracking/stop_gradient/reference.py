"""A loss towards a constant target: truth by autograd in float64, witness by central differences and NumPy's mean."""

from collections.abc import Callable
from typing import Any

from torch import Tensor, float64, tensor

from grader.authoring import Case, NearMiss, generator, normal, uniform, whole
from grader.references import autograd, finite


def cases(seed: int) -> list[Case]:
    rng = generator(seed)
    numbers = _numbers(1.0, 2.0, 0.5), _numbers(2.0, 0.0, 1.0), _numbers(1.0, -1.0, 0.25)
    return [
        _case("three steps", numbers, 0.5, public=True),
        _case("one step", (_numbers(1.0), _numbers(4.0), _numbers(0.5)), 0.9, public=True),
        _case("many steps", _drawn(rng, whole(rng, 6, 12)), _gamma(rng)),
        _case("a single number", _drawn(rng), _gamma(rng)),
        _case("a batch of steps", _drawn(rng, whole(rng, 2, 5), whole(rng, 5, 8)), _gamma(rng)),
        _case("a column", _drawn(rng, whole(rng, 3, 9), 1), _gamma(rng)),
    ]


def truth(case: Case) -> dict[str, Any]:
    return _answer(case, _loss(case), autograd.gradient)


def witness(case: Case) -> dict[str, Any]:
    answer = _answer(case, _loss(case), finite.gradient)
    value, next_value, reward, gamma = _plain(case)
    squares = (value - reward - gamma * next_value).reshape(-1).numpy() ** 2
    return answer | {"value": tensor(squares.mean(), dtype=float64)}


def near_misses(case: Case) -> list[NearMiss]:
    """The loss and the gradient of the value have separate checks, so a near miss holds both."""
    lost = {"discount_lost": _loss(case, gamma=1.0), "reward_lost": _loss(case, reward=0.0)}
    gamma = case.args[3]
    lost |= {"target_sign": _loss(case, gamma=-gamma), "reward_discounted": _loss(case, reward=gamma)}
    lost |= {"absolute_error": _loss(case, power=1), "sum_of_squares": _loss(case, summed=True)}
    answers = {diagnosis: _answer(case, loss, autograd.gradient) for diagnosis, loss in lost.items()}
    return [
        NearMiss(diagnosis=diagnosis, value=part)
        for diagnosis, answer in answers.items()
        for part in (answer["value"], answer["gradients"][:1])
    ]


def counterexamples() -> list[Case]:
    return [
        _case("one step", (_numbers(1.0), _numbers(4.0), _numbers(1.0)), 0.5),
        _case("two steps", (_numbers(1.0, 3.0), _numbers(4.0, 2.0), _numbers(1.0, 0.0)), 0.5),
    ]


def _case(name: str, tensors: tuple[Tensor, Tensor, Tensor], gamma: float, *, public: bool = False) -> Case:
    value, next_value, reward = tensors
    tracked = value.clone().requires_grad_(), next_value.clone().requires_grad_()
    options = {"graph": True} if public else {}
    return Case(
        name=name, entry="td_loss", args=(*tracked, reward, gamma), probe="backward", options=options, public=public
    )


def _plain(case: Case) -> tuple[Tensor, Tensor, Tensor, float]:
    value, next_value, reward, gamma = case.args
    return value.detach(), next_value.detach(), reward, gamma


def _loss(
    case: Case, *, gamma: float | None = None, reward: float = 1.0, power: int = 2, summed: bool = False
) -> Callable[[Tensor], Tensor]:
    """Return the loss as a function of the value alone, with another gamma, or the reward times a number.

    `power` is that of the absolute error; `summed`: the sum instead of the mean.
    """
    _, next_value, earned, discount = _plain(case)
    target = reward * earned + (discount if gamma is None else gamma) * next_value
    return lambda value: ((value - target).abs() ** power).sum() / (1 if summed else value.numel())


def _answer(case: Case, loss: Callable[[Tensor], Tensor], gradient: Callable[..., Tensor]) -> dict[str, Any]:
    value = _plain(case)[0]
    return {"value": loss(value), "gradients": [gradient(loss, value), None]}


def _numbers(*values: float) -> Tensor:
    return tensor(values, dtype=float64)


def _drawn(rng: Any, *shape: int) -> tuple[Tensor, Tensor, Tensor]:
    return normal(rng, *shape, scale=2.0), normal(rng, *shape, scale=2.0), normal(rng, *shape)


def _gamma(rng: Any) -> float:
    return round(float(uniform(rng, low=0.5, high=0.95)), 2)
