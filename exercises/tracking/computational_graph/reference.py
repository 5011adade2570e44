"""The edges of an autograd graph: truth by a walk over it, witness by the list of steps that computed the root.

There are three groups of cases: each result is used once; a result is used twice; an input is not tracked.
"""

from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor, float64, tensor

from grader.authoring import Applied, Case, Function, NearMiss, build, generator, whole

Edge = tuple[str, str]
Steps = list[list[Any]]

LEAF = "AccumulateGrad"
NODES = {
    "add": "AddBackward0",
    "sub": "SubBackward0",
    "mul": "MulBackward0",
    "sin": "SinBackward0",
    "exp": "ExpBackward0",
    "tanh": "TanhBackward0",
    "square": "PowBackward0",
    "cube": "PowBackward0",
    "double": "MulBackward0",
}
# The orders in which a walk can take the waiting nodes: oldest first, or newest first.
TAKEN: tuple[Callable[[list[int]], int], ...] = (lambda waiting: waiting.pop(0), list.pop)
UNARY, BINARY = ("sin", "exp", "tanh", "square", "cube"), ("add", "sub", "mul")


def cases(seed: int) -> list[Case]:
    rng = generator(seed)
    return [
        _case("once", "x² + y³", [["square", 0], ["cube", 1], ["add", 2, 3]], public=True),
        _case("shared", "u·u + y with u = sin(x)", [["sin", 0], ["mul", 2, 2], ["add", 3, 1]], public=True),
        _case("untracked", "exp(2x + c)", [["double", 0], ["add", 1, 2], ["exp", 3]], "xc", public=True),
        _case("once", "a chain of operations", _chain(rng, whole(rng, 4, 8)), "x"),
        _case("once", "two branches that meet", _branches(rng)),
        _case("shared", "a diamond", _diamond(rng)),
        _case("shared", "a doubled edge on a doubled edge", _doubled(rng, whole(rng, 2, 5)), "x"),
        _case("untracked", "data beside a parameter", _with_data(rng), "xc"),
        _case("untracked", "data between parameters", _with_data_between(rng), "xcy"),
    ]


def truth(case: Case) -> list[Edge]:
    (root,) = case.args
    return sorted(_walk(build(root.function)(*root.args)))


def witness(case: Case) -> list[Edge]:
    names, parents = _nodes(case)
    reached = _reached(names, parents)
    return sorted((names[i], names[j]) for i in reached for j in parents[i] if names[j])


def near_misses(case: Case) -> list[NearMiss]:
    edges = truth(case)
    names, parents = _nodes(case)
    values = {
        "visited_twice": _unfolded(names, parents, len(names) - 1),
        "doubles_lost": list(set(edges)),
        "edges_reversed": [(child, parent) for parent, child in edges],
        "leaves_missing": [edge for edge in edges if edge[1] != LEAF],
    }
    by_name = [_by_name(names, parents, take) for take in TAKEN]
    named = [*values.items(), *(("met_by_name", value) for value in by_name)]
    return [NearMiss(diagnosis=diagnosis, value=sorted(value)) for diagnosis, value in named]


def counterexamples() -> list[Case]:
    return [
        _case("once", "sin(x)", [["sin", 0]], "x"),
        _case("once", "exp(sin(x))", [["sin", 0], ["exp", 1]], "x"),
        _case("once", "x·y", [["mul", 0, 1]]),
        _case("once", "sin(sin(x))", [["sin", 0], ["sin", 1]], "x"),
        _case("shared", "u·u with u = sin(x)", [["sin", 0], ["mul", 1, 1]], "x"),
        _case("shared", "u + exp(u) with u = sin(x)", [["sin", 0], ["exp", 1], ["add", 1, 2]], "x"),
        _case("shared", "u + sin(u) with u = sin(x)", [["sin", 0], ["sin", 1], ["add", 1, 2]], "x"),
        _case("untracked", "2x", [["double", 0]], "x"),
        _case("untracked", "x·c", [["mul", 0, 1]], "xc"),
    ]


def _case(group: str, name: str, steps: Steps, inputs: str = "xy", *, public: bool = False) -> Case:
    """One letter for each input; c is data that does not require grad."""
    numbers = [tensor(0.5 + i, dtype=float64, requires_grad=letter != "c") for i, letter in enumerate(inputs)]
    root = Applied(Function("program", {"steps": steps, "text": name}), tuple(numbers))
    return Case(name=name, entry="graph_edges", args=(root,), group=group, public=public)


def _walk(root: Tensor) -> list[Edge]:
    edges: list[Edge] = []
    order: list[Any] = [root.grad_fn]
    for node in order:  # grows while it is walked
        for child, _ in node.next_functions:
            if child is None:
                continue
            edges.append((_short(node.name()), _short(child.name())))
            if child not in order:
                order.append(child)
    return edges


def _short(name: str) -> str:
    return name.rpartition("::")[2]


def _nodes(case: Case) -> tuple[list[str], list[Sequence[int]]]:
    """Return each node's name ("" if it is not tracked) and operands, computed from the steps alone."""
    (root,) = case.args
    names = [LEAF if number.requires_grad else "" for number in root.args]
    operands: list[Sequence[int]] = [()] * len(names)
    for operation, *used in root.function.params["steps"]:
        names.append(NODES[operation] if any(names[i] for i in used) else "")
        operands.append(used)
    return names, operands


def _reached(names: Sequence[str], operands: Sequence[Sequence[int]]) -> list[int]:
    reached = [len(names) - 1]
    for i in reached:  # grows while it is walked
        reached += [j for j in dict.fromkeys(operands[i]) if names[j] and j not in reached]
    return reached


def _unfolded(names: Sequence[str], operands: Sequence[Sequence[int]], node: int) -> list[Edge]:
    """The edges if every visit of a node counts, as in a tree."""
    below = [j for j in operands[node] if names[j]]
    return [edge for j in below for edge in [(names[node], names[j]), *_unfolded(names, operands, j)]]


def _by_name(names: Sequence[str], operands: Sequence[Sequence[int]], take: Callable[[list[int]], int]) -> list[Edge]:
    """The edges if a node is skipped when another node of its name has been seen."""
    edges, met, waiting = [], set(), [len(names) - 1]
    while waiting:
        node = take(waiting)
        if names[node] in met:
            continue
        met.add(names[node])
        below = [j for j in operands[node] if names[j]]
        edges += [(names[node], names[j]) for j in below]
        waiting += below
    return edges


def _one_of(rng: Any, operations: Sequence[str]) -> str:
    return operations[whole(rng, 0, len(operations))]


def _chain(rng: Any, length: int) -> Steps:
    return [[_one_of(rng, UNARY), i] for i in range(length)]


def _branches(rng: Any) -> Steps:
    """Input 0 goes through two operations and input 1 through one; then they are combined."""
    return [
        [_one_of(rng, UNARY), 0],
        [_one_of(rng, UNARY), 2],
        [_one_of(rng, UNARY), 1],
        [_one_of(rng, BINARY), 3, 4],
        [_one_of(rng, UNARY), 5],
    ]


def _diamond(rng: Any) -> Steps:
    """One result is used by two operations, whose results are combined."""
    return [
        [_one_of(rng, BINARY), 0, 1],
        [_one_of(rng, UNARY), 2],
        [_one_of(rng, UNARY), 2],
        [_one_of(rng, BINARY), 3, 4],
        [_one_of(rng, UNARY), 5],
    ]


def _doubled(rng: Any, length: int) -> Steps:
    """Each result is used twice by the next operation."""
    return [[_one_of(rng, UNARY), 0], *([_one_of(rng, ("add", "mul")), i, i] for i in range(1, length + 1))]


def _with_data(rng: Any) -> Steps:
    """The data goes through operations of its own, which are not in the graph."""
    return [
        [_one_of(rng, UNARY), 1],
        [_one_of(rng, BINARY), 0, 2],
        [_one_of(rng, UNARY), 3],
        ["double", 4],
        [_one_of(rng, BINARY), 5, 1],
    ]


def _with_data_between(rng: Any) -> Steps:
    return [
        [_one_of(rng, UNARY), 0],
        [_one_of(rng, BINARY), 3, 1],
        ["double", 4],
        [_one_of(rng, BINARY), 2, 5],
        [_one_of(rng, UNARY), 6],
    ]
