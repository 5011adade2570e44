"""The autograd graph of a learner's result, as data of bounded size. It is drawn outside the sandbox."""

from typing import Any

from torch import Tensor

MAX_NODES = 150


def walk(root: Tensor) -> dict[str, Any]:
    """Return {"nodes": [{"id", "name", "shape"}], "edges": [[parent, child]], "capped": bool}, root first.

    `name` is the one that autograd prints. `shape` is that of the leaf tensor if the node is an AccumulateGrad, else
    None. `capped` is true if the graph has at least MAX_NODES nodes. A result without a graph gives no nodes.
    """
    if root.grad_fn is None:
        return {"nodes": [], "edges": [], "capped": False}
    order: list[Any] = [root.grad_fn]
    ids = {root.grad_fn: 0}
    edges: list[list[int]] = []
    for node in order:  # the list grows during the loop
        for child, _ in node.next_functions:
            if child is None or (child not in ids and len(order) >= MAX_NODES):
                continue
            if child not in ids:
                ids[child] = len(order)
                order.append(child)
            edges.append([ids[node], ids[child]])
    nodes = [{"id": i, "name": node.name()[:100], "shape": _shape(node)} for i, node in enumerate(order)]
    return {"nodes": nodes, "edges": edges[: 4 * MAX_NODES], "capped": len(order) >= MAX_NODES}


def _shape(node: Any) -> list[int] | None:
    variable = getattr(node, "variable", None)
    return list(variable.shape)[:8] if isinstance(variable, Tensor) else None
