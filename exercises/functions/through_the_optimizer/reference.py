"""Gradients through gradient descent: truth by the product of the steps' Jacobians, witnessed by differences."""

import torch
from torch import Tensor, tensor

from grader.authoring import Case, Function, NearMiss, build, generator, normal, uniform, whole
from grader.references import autograd, finite
from grader.references.optimizers import sgd_step, trajectory


def cases(seed: int) -> list[Case]:
    rng = generator(seed)
    two = _vector(1.0, -0.5)
    return [
        _case("one step in a bowl", _BOWL, two, 0.1, 1, public=True),
        _case("one step in a curved valley", _ROSENBROCK, normal(rng, 3, scale=0.7), 0.02, 1),
        _case("one step of one number", _QUARTIC, normal(rng, 1).abs() + 0.5, 0.1, 1),
        _case("one step of a small network", *_network(rng, whole(rng, 4, 7)), 0.3, 1),
        _case("three steps on a quartic", _QUARTIC, two, 0.1, 3, public=True),
        _case("a few steps on a quadratic form", *_form(rng, whole(rng, 3, 6)), 0.1, whole(rng, 2, 6)),
        _case(
            "many steps in a curved valley", _ROSENBROCK, uniform(rng, 2, low=-0.6, high=0.6), 0.01, whole(rng, 7, 12)
        ),
        _case("a few steps of a small network", *_network(rng, whole(rng, 7, 10)), 0.3, whole(rng, 3, 7)),
    ]


def truth(case: Case) -> Tensor:
    f, theta, lr, steps = _inputs(case)
    points = _points(f, theta, lr, steps)
    result = autograd.gradient(f, points[-1])
    for point in points[:-1].flip(0):
        result = result - lr * autograd.jacobian(lambda p: _gradient(f, p), point) @ result
    return result


def witness(case: Case) -> Tensor:
    f, theta, lr, steps = _inputs(case)
    return finite.gradient(lambda start: f(_points(f, start, lr, steps)[-1]), theta)


def near_misses(case: Case) -> list[NearMiss]:
    f, theta, lr, steps = _inputs(case)
    points = _points(f, theta, lr, steps)
    end = autograd.gradient(f, points[-1])
    return [
        NearMiss(diagnosis="detached_path", value=end, data={"path": "the gradients inside the steps"}),
        NearMiss(diagnosis="gradient_at_start", value=autograd.gradient(f, theta)),
        NearMiss(diagnosis="point_not_gradient", value=points[-1]),
        NearMiss(diagnosis="value_not_gradient", value=f(points[-1])),
        NearMiss(diagnosis="step_too_many", value=_after(case, steps + 1)),
        NearMiss(diagnosis="uphill", value=_after(case, steps, -lr)),
        *_of_several_steps(case, steps),
    ]


def _of_several_steps(case: Case, steps: int) -> list[NearMiss]:
    """Wrong answers that differ from the right or a simpler one only after several steps; sums without either end."""
    start = _after(case, 0)
    left_over = [NearMiss(diagnosis="losses_added", value=truth(case) + k * start) for k in range(1, steps + 1)]
    if steps == 1:
        return left_over
    after = [_after(case, k) for k in range(steps + 1)]
    sums = [sum(after), sum(after[1:]), sum(after[:-1])]
    return [
        NearMiss(diagnosis="step_too_few" if steps > 2 else "only_one_step", value=after[steps - 1]),
        NearMiss(diagnosis="only_one_step", value=after[1]),
        NearMiss(diagnosis="steps_from_start", value=_after(case, 1, case.args[2] * steps)),
        *[NearMiss(diagnosis="losses_added", value=value) for value in sums],
        *left_over,
    ]


def counterexamples() -> list[Case]:
    one, two = _vector(1.0), _vector(1.0, -1.0)
    square = Function("sum_of_squares")
    return [
        _case("one step of one number", square, one, 0.1, 1),
        _case("one step of two numbers", _QUARTIC, two, 0.1, 1),
        _case("two steps of one number", square, one, 0.1, 2),
        _case("two steps of one number on a quartic", _QUARTIC, one, 0.1, 2),
    ]


def _vector(*numbers: float) -> Tensor:
    return tensor(numbers, dtype=torch.float64)


_BOWL = Function("quadratic_bowl", {"curvature": _vector(1.0, 4.0), "centre": _vector(0.0, 1.0)})
_QUARTIC = Function("coupled_quartic")
_ROSENBROCK = Function("rosenbrock", {"steepness": 2.0})


def _case(name, f, theta, lr, steps, *, public=False) -> Case:
    group = "one" if steps == 1 else "many"
    return Case(name=name, entry="meta_gradient", args=(f, theta, lr, steps), group=group, public=public)


def _network(rng, size: int) -> tuple[Function, Tensor]:
    weights = {"w1": normal(rng, size, 5), "b1": normal(rng, 5), "w2": normal(rng, 5)}
    return Function("scalar_network", weights), normal(rng, size)


def _form(rng, size: int) -> tuple[Function, Tensor]:
    return Function("quadratic_form", {"matrix": uniform(rng, size, size, low=-1, high=2)}), normal(rng, size)


def _inputs(case: Case):
    function, theta, lr, steps = case.args
    return build(function), theta, lr, steps


def _points(f, theta: Tensor, lr: float, steps: int) -> Tensor:
    return trajectory(f, theta, steps, lambda p, g, state: sgd_step(p, g, state, lr))


def _gradient(f, point: Tensor) -> Tensor:
    (gradient,) = torch.autograd.grad(f(point), point, create_graph=True)
    return gradient


def _after(case: Case, steps: int, lr: float | None = None) -> Tensor:
    """Return the answer for another number of steps, or another learning rate."""
    f, theta, given, _ = case.args
    return truth(_case(case.name, f, theta, given if lr is None else lr, steps))
