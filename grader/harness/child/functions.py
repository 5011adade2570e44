"""The functions `f` that learners' entries receive: made by name, in the sandbox and for the references.

Each is built from torch operations only, so it works with autograd of any order and with `torch.func`. "Elementwise"
functions take any shape, also 0-dim; "scalar" functions map a vector (or a 0-dim tensor) to a 0-dim tensor; "vector"
functions map a vector to a vector. A learner gets a plain callable that does not show which function it is.
"""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from grader.harness.wire.values import Function

TensorFunction = Callable[..., Tensor]
_FACTORIES: dict[str, tuple[str, Callable[..., TensorFunction]]] = {}


def _function(name: str, formula: str) -> Callable[[Callable[..., TensorFunction]], Callable[..., TensorFunction]]:
    """Register a factory under a name; a counterexample shows the learner the `formula`."""

    def register(factory: Callable[..., TensorFunction]) -> Callable[..., TensorFunction]:
        _FACTORIES[name] = (formula, factory)
        return factory

    return register


def make_function(name: str, params: Mapping[str, Any]) -> TensorFunction:
    """Return the function. Raises LookupError if none has that name, TypeError if it does not take `params`."""
    inner = _registered(name)[1](**params)

    def f(*args: Tensor) -> Tensor:
        return inner(*args)

    return f


def build(function: Function) -> TensorFunction:
    """Return the callable that a `Function` stands for."""
    return make_function(function.name, function.params)


def formula(function: Function) -> str:
    """Return the formula of a `Function`, such as "sin(x)"."""
    return _registered(function.name)[0].format(**function.params)


def function_names() -> list[str]:
    """Return the names of all functions."""
    return sorted(_FACTORIES)


def _registered(name: str) -> tuple[str, Callable[..., TensorFunction]]:
    if name not in _FACTORIES:
        raise LookupError(f"there is no function of that name; there are {', '.join(function_names())}")
    return _FACTORIES[name]


# Elementwise


@_function("identity", "x")
def _identity() -> TensorFunction:
    return lambda x: x * 1.0


@_function("square", "x²")
def _square() -> TensorFunction:
    return lambda x: x * x


@_function("cube", "x³")
def _cube() -> TensorFunction:
    return lambda x: x * x * x


@_function("sine", "sin(x)")
def _sine() -> TensorFunction:
    return torch.sin


@_function("exp", "exp(x)")
def _exp() -> TensorFunction:
    return torch.exp


@_function("tanh", "tanh(x)")
def _tanh() -> TensorFunction:
    return torch.tanh


@_function("exp_of_square", "exp(-x²)")
def _exp_of_square() -> TensorFunction:
    return lambda x: torch.exp(-x * x)


@_function("damped_wave", "exp(-x²/{width}) · sin({frequency} x)")
def _damped_wave(frequency: float, width: float) -> TensorFunction:
    return lambda x: torch.exp(-x * x / width) * torch.sin(frequency * x)


@_function("polynomial", "a polynomial with coefficients {coefficients}")
def _polynomial(coefficients: list[float]) -> TensorFunction:
    """Coefficients from the constant term upwards; evaluated by Horner's rule."""

    def f(x: Tensor) -> Tensor:
        total = torch.zeros_like(x)
        for coefficient in reversed(coefficients):
            total = total * x + coefficient
        return total

    return f


@_function("softplus", "log(1 + exp(x))")
def _softplus() -> TensorFunction:
    return lambda x: torch.log1p(torch.exp(-torch.abs(x))) + torch.relu(x)


# Scalar: a vector, or a 0-dim tensor, to a 0-dim tensor


@_function("sum_of_squares", "Σ x²")
def _sum_of_squares() -> TensorFunction:
    return lambda x: (x * x).sum()


@_function("sum_of_sines", "Σ sin(x)")
def _sum_of_sines() -> TensorFunction:
    return lambda x: torch.sin(x).sum()


@_function("log_sum_exp", "log Σ exp(x)")
def _log_sum_exp() -> TensorFunction:
    return lambda x: torch.logsumexp(x.reshape(-1), dim=0)


@_function("quadratic_bowl", "½ Σ a (x - c)²")
def _quadratic_bowl(curvature: Tensor, centre: Tensor) -> TensorFunction:
    return lambda x: 0.5 * (curvature * (x - centre) ** 2).sum()


@_function("quadratic_form", "½ xᵀAx")
def _quadratic_form(matrix: Tensor) -> TensorFunction:
    return lambda x: 0.5 * (x * (matrix @ x)).sum()


@_function("rosenbrock", "Σ {steepness} (x₍ᵢ₊₁₎ - xᵢ²)² + (1 - xᵢ)²")
def _rosenbrock(steepness: float) -> TensorFunction:
    return lambda x: (steepness * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


@_function("coupled_quartic", "Σ xᵢ⁴/4 + (Σ xᵢ)²/2")
def _coupled_quartic() -> TensorFunction:
    return lambda x: (x**4).sum() / 4 + x.sum() ** 2 / 2


@_function("scalar_network", "a small network with one output")
def _scalar_network(w1: Tensor, b1: Tensor, w2: Tensor) -> TensorFunction:
    """w1 (d, h), b1 (h,), w2 (h,): tanh(x @ w1 + b1) @ w2."""
    return lambda x: torch.tanh(x @ w1 + b1) @ w2


# Vector: a vector to a vector


@_function("linear_map", "Wx")
def _linear_map(weight: Tensor) -> TensorFunction:
    """Weight (m, n)."""
    return lambda x: weight @ x


@_function("network", "a small network, tanh(xW₁ + b₁)W₂")
def _network(w1: Tensor, b1: Tensor, w2: Tensor) -> TensorFunction:
    """w1 (n, h), b1 (h,), w2 (h, m)."""
    return lambda x: torch.tanh(x @ w1 + b1) @ w2


@_function("softmax", "softmax(x)")
def _softmax() -> TensorFunction:
    return lambda x: torch.softmax(x, dim=-1)


@_function("products_of_neighbours", "(x₀x₁, x₁x₂, ...)")
def _products_of_neighbours() -> TensorFunction:
    return lambda x: x[:-1] * x[1:]


@_function("running_sum_of_squares", "(x₀², x₀² + x₁², ...)")
def _running_sum_of_squares() -> TensorFunction:
    """A triangular Jacobian: no output depends on a later input."""
    return lambda x: torch.cumsum(x * x, dim=0)


@_function("row_softmax_weighted", "softmax of each row, times w")
def _row_softmax_weighted(weight: Tensor) -> TensorFunction:
    """Weight broadcasts to x: every entry of the result depends on its whole row."""
    return lambda x: torch.softmax(x, dim=-1) * weight


# Two inputs, for the roots of autograd graphs


@_function("squares_and_cubes", "x² + y³")
def _squares_and_cubes() -> TensorFunction:
    return lambda x, y: x**2 + y**3


@_function("product_plus_sine", "x·y + sin(x)")
def _product_plus_sine() -> TensorFunction:
    return lambda x, y: x * y + torch.sin(x)


@_function("program", "{text}")
def _program(steps: list[list[Any]], text: str) -> TensorFunction:
    """Any number of inputs. Each step is [operation, operand, ...]; operands count the inputs, then the earlier steps.

    The last step is the result; a learner sees `text`.
    """

    def f(*inputs: Tensor) -> Tensor:
        nodes = list(inputs)
        for operation, *operands in steps:
            nodes.append(OPERATIONS[operation](*(nodes[i] for i in operands)))
        return nodes[-1]

    return f


OPERATIONS: dict[str, TensorFunction] = {
    "add": torch.add,
    "sub": torch.sub,
    "mul": torch.mul,
    "sin": torch.sin,
    "exp": torch.exp,
    "tanh": torch.tanh,
    "square": lambda x: x**2,
    "cube": lambda x: x**3,
    "double": lambda x: 2.0 * x,
}
