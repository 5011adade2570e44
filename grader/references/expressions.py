"""Expressions of single numbers: parsed from a formula, evaluated and differentiated in plain Python.

A program is a list of [operator, operand, ...]. Each item appends a node to a list that starts with the leaves. An
operand is the index of an earlier node, or ["number", 2.0]. The probe `expression` of `grader.harness.child.probes`
runs the program with a learner's class.

Source of `backpropagate`: Griewank and Walther, "Evaluating Derivatives", 2008, table 3.4.
"""

import ast
import math
import operator
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

Program = list[list[Any]]
Slopes = Mapping[str, Callable[..., tuple[float, ...]]]
Order = Callable[[Program, int], list[int]]

VALUES: Mapping[str, Callable[..., float]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": operator.truediv,
    "pow": operator.pow,
    "neg": operator.neg,
    "tanh": math.tanh,
    "exp": math.exp,
    "relu": lambda a: max(a, 0.0),
}

SLOPES: Slopes = {
    "add": lambda a, b: (1.0, 1.0),
    "sub": lambda a, b: (1.0, -1.0),
    "mul": lambda a, b: (b, a),
    "div": lambda a, b: (1 / b, -a / b**2),
    "pow": lambda a, n: (n * a ** (n - 1),),
    "neg": lambda a: (-1.0,),
    "tanh": lambda a: (1 - math.tanh(a) ** 2,),
    "exp": lambda a: (math.exp(a),),
    "relu": lambda a: (float(a > 0),),
}

_SIGNS: Mapping[type, str] = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div", ast.Pow: "pow"}


def parse(formula: str, leaves: str) -> Program:
    """Return the program of a formula such as "t = a * b; tanh(t) + 1" with the one-letter leaves "ab"."""
    reader = _FormulaReader(leaves)
    for statement in ast.parse(formula).body:
        reader.read(statement)
    return reader.program


class _FormulaReader:
    """Walks the syntax tree of a formula and builds the program."""

    def __init__(self, leaves: str) -> None:
        self.names = {name: index for index, name in enumerate(leaves)}
        self.leaves = len(leaves)
        self.program: Program = []

    def read(self, statement: ast.stmt) -> None:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                self.names[name] = self._node(value)
            case ast.Expr(value=value):
                self._node(value)
            case _:
                raise ValueError(f"not part of a formula: {ast.unparse(statement)}")

    def _node(self, expression: ast.expr) -> Any:
        match expression:
            case ast.Name(id=name):
                return self.names[name]
            case ast.Constant(value=float() | int() as number):
                return ["number", float(number)]
            case ast.BinOp(left=left, op=sign, right=right):
                return self._write(_SIGNS[type(sign)], left, right)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return self._write("neg", operand)
            case ast.Call(func=ast.Name(id=function), args=[argument]) if function in VALUES:
                return self._write(function, argument)
        raise ValueError(f"not part of a formula: {ast.unparse(expression)}")

    def _write(self, operation: str, *operands: ast.expr) -> int:
        self.program.append([operation, *map(self._node, operands)])
        return self.leaves + len(self.program) - 1


def run(program: Program, leaves: Sequence[Any], operations: Mapping[str, Callable[..., Any]] = VALUES) -> list[Any]:
    """Return the values of all nodes, the leaves first. With other `operations`, values need not be floats."""
    nodes = list(leaves)
    for name, *operands in program:
        nodes.append(operations[name](*_looked_up(operands, nodes)))
    return nodes


def in_reverse(program: Program, nodes: int) -> list[int]:
    """Return all nodes from the last to the first: each comes after every node that uses it."""
    return list(reversed(range(nodes)))


def depth_first(program: Program, nodes: int) -> list[int]:
    """Return the nodes in the order of a depth-first search from the root. A shared node comes too early in it."""
    order: list[int] = []

    def visit(node: int) -> None:
        if node not in order:
            order.append(node)
            for operand in _operands(program, node, nodes):
                visit(operand)

    visit(nodes - 1)
    return order


def breadth_first(program: Program, nodes: int) -> list[int]:
    """Return the nodes in the order of a breadth-first search from the root. A shared node comes too early in it."""
    order, queue = [nodes - 1], deque([nodes - 1])
    while queue:
        for operand in _operands(program, queue.popleft(), nodes):
            if operand not in order:
                order.append(operand)
                queue.append(operand)
    return order


def forward_order(program: Program, nodes: int) -> list[int]:
    """Return the nodes from the first to the last: the gradient is not there yet when a node's turn comes."""
    return list(range(nodes))


def along_paths(program: Program, nodes: int, *, right_first: bool = False, most: int = 2000) -> list[int]:
    """Return the nodes as a recursion from the root meets them, a shared one each time; at most that many."""
    order: list[int] = []

    def visit(node: int) -> None:
        if len(order) < most:
            order.append(node)
            operands = list(dict.fromkeys(_operands(program, node, nodes)))
            for operand in reversed(operands) if right_first else operands:
                visit(operand)

    visit(nodes - 1)
    return order


def lowered(program: Program, leaves: int) -> tuple[Program, list[int]]:
    """Return the program with -, / and negation made of +, * and **, and where each of its nodes is now."""
    places, short = list(range(leaves)), []

    def put(name: str, *operands: Any) -> int:
        short.append([name, *operands])
        return leaves + len(short) - 1

    for name, *operands in program:
        a, *more = (places[operand] if isinstance(operand, int) else operand for operand in operands)
        match name:
            case "sub":
                place = put("add", a, _negated(put, more[0]))
            case "div":
                place = put("mul", a, _inverted(put, more[0]))
            case "neg":
                place = put("mul", a, ["number", -1.0])
            case _:
                place = put(name, a, *more)
        places.append(place)
    return short, places


def _negated(put: Callable[..., int], operand: Any) -> Any:
    return ["number", -operand[1]] if isinstance(operand, list) else put("mul", operand, ["number", -1.0])


def _inverted(put: Callable[..., int], operand: Any) -> Any:
    return ["number", 1 / operand[1]] if isinstance(operand, list) else put("pow", operand, ["number", -1.0])


def backpropagate(
    program: Program,
    leaves: Sequence[float],
    *,
    order: Order = in_reverse,
    overwritten: Collection[str] = (),
    seed: float = 1.0,
    slopes: Slopes = SLOPES,
    alone: Collection[str] = (),
) -> tuple[float, list[float]]:
    """Return the value of the last node and its derivative with respect to every node, the leaves first.

    `order`, `overwritten` (operations whose share replaces an earlier one), `seed` (the gradient of the last node),
    `slopes` and `alone` (operations that do not multiply by the gradient that arrives) reproduce the mistakes that
    learners make in their engines.
    """
    values = run(program, leaves)
    gradients = [0.0] * (len(values) - 1) + [seed]
    for node in order(program, len(values)):
        if node < len(leaves):
            continue
        name, *operands = program[node - len(leaves)]
        local = slopes[name](*_looked_up(operands, values))
        for operand, slope in zip(operands, local, strict=False):  # an exponent has no slope
            if isinstance(operand, int):
                arrived = 1.0 if name in alone else gradients[node]
                before = 0.0 if name in overwritten else gradients[operand]
                gradients[operand] = before + slope * arrived
    return values[-1], gradients


def _looked_up(operands: Sequence[Any], nodes: Sequence[Any]) -> list[Any]:
    return [operand[1] if isinstance(operand, list) else nodes[operand] for operand in operands]


def _operands(program: Program, node: int, nodes: int) -> list[int]:
    position = node - (nodes - len(program))
    return [operand for operand in program[position][1:] if isinstance(operand, int)] if position >= 0 else []
