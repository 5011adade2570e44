"""Write values the way a learner reads them: short, with the digits that matter."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from grader.harness.child.functions import formula
from grader.harness.wire.values import Applied, Function, Model, Other
from grader.packages.cases import Floats

MAX_SHOWN = 12
MAX_LENGTH = 1000
FEW, ALL = 4, 17
SIGNS = {"add": "+", "sub": "-", "mul": "*", "div": "/", "pow": "**"}


def show(value: Any, *, digits: int = FEW) -> str:
    """Return a short text of a value: numbers with a few significant digits, a large tensor as its shape."""
    text = _show(value, digits)
    return text if len(text) <= MAX_LENGTH else f"{text[:MAX_LENGTH]}..."


def _show(value: Any, digits: int) -> str:
    match value:
        case Tensor() if value.numel() > MAX_SHOWN or max(value.shape, default=0) > MAX_SHOWN:
            return f"a tensor of shape {tuple(value.shape)}"
        case Tensor():
            return _numbers(value.tolist(), digits)
        case Floats():
            return _numbers(list(value.values), digits)
        case float():
            return f"{value:.{digits}g}"
        case Function():
            return f"f(x) = {formula(value)}"
        case Applied():
            return f"{formula(value.function)} at {', '.join(map(show, value.args))}"
        case Model():
            return (
                f"a model ({value.name}) with {', '.join(f'{key} {show(part)}' for key, part in value.params.items())}"
            )
        case Other():
            return f"a value of type {value.type}"
        case list():
            return f"[{_joined(value, digits)}]"
        case tuple():
            return f"({_joined(value, digits)}{',' if len(value) == 1 else ''})"
        case Mapping():
            return (
                "{"
                + ", ".join(f"{key!r}: {show(item, digits=digits)}" for key, item in list(value.items())[:MAX_SHOWN])
                + "}"
            )
        case _:
            return repr(value)[:80]


def show_apart(one: Any, other: Any) -> tuple[str, str]:
    """Return short texts of two values, with just enough digits to make the texts differ, at most 17."""
    for digits in (FEW, 8, 14, ALL):
        texts = show(one, digits=digits), show(other, digits=digits)
        if texts[0] != texts[1]:
            break
    return texts


def percents_apart(one: float, other: float) -> tuple[str, str]:
    """Return two shares as percentages, with just enough decimals to make the texts differ, at most 6."""
    for decimals in range(7):
        texts = f"{one:.{decimals}%}", f"{other:.{decimals}%}"
        if texts[0] != texts[1]:
            break
    return texts


def show_code(value: Any) -> str:
    """Return a value as code that makes it: "torch.tensor([1.0, 2.0])"."""
    match value:
        case Tensor() if value.numel() <= MAX_SHOWN:
            return f"torch.tensor({_code_numbers(value.tolist())})"
        case Floats():
            return _code_numbers(list(value.values))
        case list() | tuple():
            opening, closing = "[]" if isinstance(value, list) else "()"
            return f"{opening}{', '.join(map(show_code, value))}{closing}"
        case Mapping():
            return "{" + ", ".join(f"{key!r}: {show_code(item)}" for key, item in value.items()) + "}"
        case float():
            return _code_numbers(value)
    return show(value)


def _code_numbers(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(map(_code_numbers, value)) + "]"
    return f"{value:.8g}" + (".0" if isinstance(value, float) and value.is_integer() and abs(value) < 1e8 else "")


def show_type(value: Any) -> str:
    """Return the type of a value in words, with its article: "a tuple of 2", "a float", "None"."""
    match value:
        case None:
            return "None"
        case Tensor():
            return "a tensor"
        case list() | tuple():
            tensors = bool(value) and all(isinstance(item, Tensor) for item in value)
            kind = f" tensor{'s' if len(value) > 1 else ''}" if tensors else ""
            return f"a {type(value).__name__} of {len(value)}{kind}"
        case Mapping():
            return "a dict"
        case Floats():
            return f"a list of {len(value.values)} floats"
        case Other():
            return f"a value of type {value.type}"
        case _:
            return f"{'an' if isinstance(value, int) else 'a'} {type(value).__name__}"


def show_expression(program: Sequence[Sequence[Any]], numbers: Sequence[float]) -> str:
    """Return a program of the `expression` probe as a formula: "(a * b) + tanh(a) with a = 2, b = -1"."""
    names = [chr(ord("a") + i) for i in range(len(numbers))]
    nodes = list(names)
    for operator, *operands in program:
        nodes.append(_applied(operator, [f"{o[1]:g}" if isinstance(o, list) else nodes[o] for o in operands]))
    values = ", ".join(f"{name} = {number:g}" for name, number in zip(names, numbers, strict=True))
    return f"{_bare(nodes[-1])} with {values}"


def show_index(flat: int, shape: torch.Size) -> str:
    """Return the index of the `flat`-th entry of a tensor, such as "[3, 1]"; "" if the tensor is 0-dimensional."""
    if not shape:
        return ""
    index = torch.unravel_index(torch.tensor(flat), shape)
    return f"[{', '.join(str(int(i)) for i in index)}]"


def _applied(operator: str, operands: Sequence[str]) -> str:
    if operator in SIGNS:
        return f"({operands[0]} {SIGNS[operator]} {operands[1]})"
    return f"(-{operands[0]})" if operator == "neg" else f"{operator}({_bare(operands[0])})"


def _bare(formula: str) -> str:
    """Remove the outer parentheses; only the result of a binary operator or a negation has them."""
    return formula[1:-1] if formula.startswith("(") else formula


def _numbers(value: Any, digits: int) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_numbers(item, digits) for item in value) + "]"
    return f"{value:.{digits}g}" if isinstance(value, float) else str(value)


def _joined(values: Any, digits: int) -> str:
    more = ", ..." if len(values) > MAX_SHOWN else ""
    return ", ".join(show(item, digits=digits) for item in values[:MAX_SHOWN]) + more
