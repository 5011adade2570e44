"""The probes that need no torch (see `grader.harness.child.probes`)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Entry = Callable[..., Any]


def call(entry: Entry, args: Sequence[Any], options: Mapping[str, Any]) -> Any:
    """Call the entry."""
    return entry(*args)


def _expression(entry: Entry, args: Sequence[Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """Run `program`, a list of [operator, operand, ...] on a growing list of nodes, and differentiate its last node.

    An operand is the index of an earlier node, or ["number", 2.0] for a plain number. "gradients" are those of the
    leaves, "inner" those of the nodes that the operations made, in their order.
    """
    nodes = [entry(number) for number in args]
    leaves = list(nodes)
    for operator, *operands in options["program"]:
        nodes.append(_OPERATORS[operator](*(_operand(operand, nodes) for operand in operands)))
    nodes[-1].backward()
    gradients = [node.grad for node in nodes]
    return {"data": nodes[-1].data, "gradients": gradients[: len(leaves)], "inner": gradients[len(leaves) :]}


def _operand(operand: Any, nodes: Sequence[Any]) -> Any:
    return operand[1] if isinstance(operand, list) else nodes[operand]


_OPERATORS: dict[str, Callable[..., Any]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "pow": lambda a, b: a**b,
    "neg": lambda a: -a,
    "tanh": lambda a: a.tanh(),
    "exp": lambda a: a.exp(),
    "relu": lambda a: a.relu(),
}

PLAIN_PROBES: dict[str, Callable[[Entry, Sequence[Any], Mapping[str, Any]], Any]] = {
    "call": call,
    "expression": _expression,
}
