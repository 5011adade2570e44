"""Expressions and their gradients: truth by torch in float64, witness by backpropagation in plain Python."""

import operator

import torch

from grader.authoring import Case, Floats, NearMiss, generator, uniform
from grader.references.expressions import SLOPES, backpropagate, breadth_first, depth_first, parse, run

DEPTH = 60  # doublings: 2**60 paths through 121 nodes

TORCH = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": operator.truediv,
    "pow": operator.pow,
    "neg": operator.neg,
    "tanh": torch.tanh,
    "exp": torch.exp,
    "relu": torch.relu,
}


def cases(seed: int) -> list[Case]:
    rng = generator(seed)
    return [
        _case("arithmetic", "a * b - c", [2, -3, 10], public=True),
        _case("arithmetic", "(a + b) / (c + d)", _positive(rng, 4), "a quotient of sums"),
        _case("arithmetic", "(a - b) * (c - d)", _any(rng, 4), "a product of differences"),
        _case("numbers", "1 - 6 / (2 * a + 4)", [2], public=True),
        _case("numbers", "(a * 3 - 5) / 4 + 0.5", _any(rng, 1), "numbers on the right"),
        _case("numbers", "2.5 / a + (7 - 3 * b)", _positive(rng, 2), "numbers on the left"),
        _case("functions", "tanh(a * b)", [0.5, 2], public=True),
        _case("functions", "exp(a - b) * 3", _any(rng, 2), "an exponential"),
        _case("functions", "relu(a) * 2 + relu(b)", _two_signs(rng), "two relus, one of them closed"),
        _case("functions", "a ** 3 / b ** 1.5", _positive(rng, 2), "powers"),
        _case("functions", "tanh(a * b + c * d + e)", _any(rng, 5), "a small neuron"),
        _case("shared", "a * a + a", [3], public=True),
        _case("shared", "t = a * b; t + t", _any(rng, 2), "a sum with itself"),
        _case("shared", "t = tanh(a * b); t * exp(t)", _any(rng, 2), "a node used again further up"),
        _case("shared", "t = a * b; t - tanh(t) * 2", _any(rng, 2), "a node beside its own function"),
        _case("shared", "t = a * a - b; t * t", _any(rng, 2), "a square inside a square"),
        _case("long", _doublings(DEPTH), _positive(rng, 1), "sixty doublings"),
    ]


def truth(case: Case) -> dict:
    leaves = [torch.tensor(number, dtype=torch.float64, requires_grad=True) for number in case.args]
    nodes = run(case.options["program"], leaves, TORCH)
    for node in nodes:
        node.retain_grad()
    nodes[-1].backward()
    return _answer(case, nodes[-1].item(), [node.grad.item() for node in nodes])


def witness(case: Case) -> dict:
    return {key: list(part.values) if isinstance(part, Floats) else part for key, part in _backpropagated(case).items()}


def near_misses(case: Case) -> list[NearMiss]:
    wrong = {
        "shares_overwritten": _backpropagated(case, accumulate=False),
        "minus_lost": _backpropagated(case, slopes=SLOPES | {"sub": lambda a, b: (1, 1)}),
        "slope_at_input": _backpropagated(case, slopes=SLOPES | {"tanh": lambda a: (1 - a * a,)}),
        "power_not_lowered": _backpropagated(case, slopes=SLOPES | {"pow": lambda a, n: (n * a**n,)}),
    }
    swapped = [_sides_swapped(case.options["program"], which) for which in ({"sub", "div"}, {"sub"}, {"div"})]
    early = [_backpropagated(case, order=order) for order in (depth_first, breadth_first)]
    return [
        *[NearMiss(diagnosis=name, value=value) for name, value in wrong.items()],
        *[NearMiss(diagnosis="sides_swapped", value=_backpropagated(case, program)) for program in swapped],
        *[NearMiss(diagnosis="handed_on_too_early", value=value) for value in early],
    ]


def counterexamples() -> list[Case]:
    ladder = {
        "arithmetic": ("a + b", "a - b", "a * b", "a / b"),
        "numbers": ("a + 1", "a - 1", "a * 2", "a / 2", "1 + a", "1 - a", "2 * a", "2 / a"),
        "functions": ("exp(a)", "tanh(a)", "relu(a)", "relu(a - 5)", "a ** 2"),
        "shared": ("a + a", "a * a", "a * a + a", "t = a * 2; t * exp(t)"),
        "long": (_doublings(2),),
    }
    return [
        _case(group, formula, [3, 2] if "b" in formula else [3])
        for group, formulas in ladder.items()
        for formula in formulas
    ]


def _case(group: str, formula: str, numbers: list, name: str = "", *, public: bool = False) -> Case:
    return Case(
        name=name or formula,
        entry="Value",
        args=tuple(map(float, numbers)),
        probe="expression",
        options={"program": parse(formula, "abcde"[: len(numbers)])},
        group=group,
        public=public,
    )


def _doublings(depth: int) -> str:
    """Two paths from each sum to the next, through different nodes."""
    return "; ".join(["x = a + a", *["u = x * 0.5; v = x * 0.52; x = u + v"] * (depth - 1)])


def _positive(rng, size: int) -> list[float]:
    return uniform(rng, size, low=0.5, high=2.0).tolist()


def _any(rng, size: int) -> list[float]:
    """Numbers of either sign, none of them close to zero."""
    numbers = uniform(rng, size, low=0.4, high=1.6)
    return torch.where(uniform(rng, size) < 0.5, -numbers, numbers).tolist()


def _two_signs(rng) -> list[float]:
    a, b = _positive(rng, 2)
    return [a, -b]


def _backpropagated(case: Case, program: list | None = None, **how) -> dict:
    return _answer(case, *backpropagate(program or case.options["program"], case.args, **how))


def _answer(case: Case, data: float, gradients: list[float]) -> dict:
    leaves = len(case.args)
    return {"data": data, "gradients": Floats(tuple(gradients[:leaves])), "inner": Floats(tuple(gradients[leaves:]))}


def _sides_swapped(program: list, which: set[str]) -> list:
    """The same program, but with "number - x" computed as "x - number", or the same for quotients, or both."""
    return [
        [name, right[0], left] if name in which and isinstance(left, list) else [name, left, *right]
        for name, left, *right in program
    ]
