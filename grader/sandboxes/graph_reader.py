"""The autograd graph that a sandbox sent back: read strictly, since a learner may have written it, and bounded."""

import re
from typing import Any

MAX_NODES = 150
MAX_EDGES = 600
_NAME = re.compile(r"[^\W\d][\w:.<>]{0,99}")


def read_graph(document: Any) -> dict[str, Any] | None:
    """Return {"nodes": [{"id", "name", "shape"}], "edges": [[parent, child]], "capped"}, or None where it is no graph.

    Ids count up from 0, the root; names are those of autograd nodes.
    """
    match document:
        case {"nodes": list(nodes), "edges": list(edges), "capped": bool(capped), **rest} if not rest:
            pass
        case _:
            return None
    if not 0 < len(nodes) <= MAX_NODES or len(edges) > MAX_EDGES:
        return None
    if not all(_is_node(node, i) for i, node in enumerate(nodes)) or not all(_is_edge(e, len(nodes)) for e in edges):
        return None
    return {"nodes": nodes, "edges": edges, "capped": capped}


def _is_node(node: Any, index: int) -> bool:
    match node:
        case {"id": int(number), "name": str(name), "shape": None | list() as shape, **rest} if not rest:
            return type(number) is int and number == index and _NAME.fullmatch(name) is not None and _is_shape(shape)
    return False


def _is_shape(shape: list[Any] | None) -> bool:
    return shape is None or (len(shape) <= 8 and all(type(size) is int and 0 <= size < 2**31 for size in shape))


def _is_edge(edge: Any, nodes: int) -> bool:
    match edge:
        case [int(parent), int(child)]:
            return type(parent) is type(child) is int and 0 <= parent < nodes and 0 <= child < nodes
    return False
