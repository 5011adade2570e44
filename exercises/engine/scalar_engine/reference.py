"""Expressions and their gradients: truth by torch in float64, witness by backpropagation in plain Python."""

import math
import operator
from functools import partial

import torch

from grader.authoring import Case, Floats, NearMiss, generator, uniform
from grader.references.expressions import (
    SLOPES,
    along_paths,
    backpropagate,
    breadth_first,
    depth_first,
    forward_order,
    lowered,
    parse,
    run,
)

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
    """The mistakes of learners, in engines with a rule for each operator, and in those that build - and / of others."""
    right = truth(case)
    no_inner = right | {"inner": Floats((0.0,) * len(right["inner"].values))}
    return [
        NearMiss(diagnosis="leaves_only", value=no_inner),
        *[
            NearMiss(diagnosis=name, value=_backpropagated(case, program, short=short, **how))
            for short in (False, True)
            for name, program, how in _mistakes(case)
        ],
    ]


def _mistakes(case: Case) -> list[tuple[str, list | None, dict]]:
    program = case.options["program"]
    swapped = [_sides_swapped(program, which) for which in ({"sub", "div"}, {"sub"}, {"div"})]
    added = [[["add" if name == "sub" else name, *rest] for name, *rest in program]]
    multiplied = [[["mul" if name == "div" else name, *rest] for name, *rest in program]]
    early = (depth_first, breadth_first)
    return [
        ("shares_overwritten", None, {"overwritten": set(SLOPES)}),
        *[("shares_overwritten", None, {"overwritten": {operation}}) for operation in ("add", "mul")],
        ("order_not_reversed", None, {"order": forward_order}),
        ("root_not_seeded", None, {"seed": 0.0}),
        *[(name, None, {"slopes": SLOPES | {operation: rule}}) for name, operation, rule in WRONG_SLOPES],
        *[("upstream_forgotten", None, {"alone": {operation}}) for operation in ("mul", "pow", "tanh", "exp", "relu")],
        ("upstream_forgotten", None, {"alone": {"tanh", "exp"}}),
        ("upstream_forgotten", None, {"alone": set(SLOPES)}),
        *[("sides_swapped", other, {}) for other in swapped],
        *[("sum_for_difference", other, {}) for other in added],
        *[("product_for_quotient", other, {}) for other in multiplied],
        *[("handed_on_too_early", None, {"order": order}) for order in early],
        *[("paths_walked", None, {"order": partial(along_paths, right_first=right)}) for right in (False, True)],
    ]


WRONG_SLOPES = (
    ("minus_lost", "sub", lambda a, b: (1, 1)),
    ("own_factor", "mul", lambda a, b: (a, b)),
    ("slope_at_input", "tanh", lambda a: (1 - a * a,)),
    ("tanh_not_squared", "tanh", lambda a: (1 - math.tanh(a),)),
    ("exp_at_input", "exp", lambda a: (a,)),
    ("exp_slope_one", "exp", lambda a: (1,)),
    ("relu_always_open", "relu", lambda a: (1,)),
    ("relu_value_for_slope", "relu", lambda a: (max(a, 0.0),)),
    ("power_not_lowered", "pow", lambda a, n: (n * a**n,)),
    ("exponent_lost", "pow", lambda a, n: (a ** (n - 1),)),
    ("quotient_sign_lost", "div", lambda a, b: (1 / b, a / b**2)),
    ("quotient_as_product", "div", lambda a, b: (b, a)),
)


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


def _backpropagated(case: Case, program: list | None = None, *, short: bool = False, **how) -> dict:
    """The answer of backpropagation, with mistakes; `short`: of an engine that builds - and / of other operators."""
    program, leaves = program or case.options["program"], len(case.args)
    if not short:
        return _answer(case, *backpropagate(program, case.args, **how))
    own, places = lowered(program, leaves)
    data, gradients = backpropagate(own, case.args, **how)
    return _answer(case, data, [gradients[place] for place in places])


def _answer(case: Case, data: float, gradients: list[float]) -> dict:
    leaves = len(case.args)
    return {"data": data, "gradients": Floats(tuple(gradients[:leaves])), "inner": Floats(tuple(gradients[leaves:]))}


def _sides_swapped(program: list, which: set[str]) -> list:
    """The same program, but with "number - x" computed as "x - number", or the same for quotients, or both."""
    return [
        [name, right[0], left] if name in which and isinstance(left, list) else [name, left, *right]
        for name, left, *right in program
    ]
