"""Reads the autograd graph that a sandbox sent: strictly and within bounds, since a learner can have written it."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

MAX_NODES = 150
MAX_EDGES = 600

_Size = Annotated[int, Meta(ge=0, lt=2**31)]
_Id = Annotated[int, Meta(ge=0, lt=MAX_NODES)]


class GraphNode(msgspec.Struct, forbid_unknown_fields=True):
    """A node: ids count up from 0, the root; names are those of autograd nodes, which a page can show."""

    id: _Id
    name: Annotated[str, Meta(pattern=r"^[^\W\d][\w:.<>]{0,99}\Z")]
    shape: Annotated[list[_Size], Meta(max_length=8)] | None


class GraphMessage(msgspec.Struct, forbid_unknown_fields=True):
    """A graph; an edge is [parent, child]."""

    nodes: Annotated[list[GraphNode], Meta(min_length=1, max_length=MAX_NODES)]
    edges: Annotated[list[tuple[_Id, _Id]], Meta(max_length=MAX_EDGES)]
    capped: bool


def read_graph(document: Any) -> dict[str, Any] | None:
    """Return {"nodes": [{"id", "name", "shape"}], "edges": [[parent, child]], "capped"}, or None if it is no graph."""
    if document is None:  # most calls ask for none: skip msgspec's exception
        return None
    try:
        graph = msgspec.convert(document, GraphMessage)
    except (msgspec.ValidationError, UnicodeError):  # UnicodeError: a field's name is a lone surrogate
        return None
    count = len(graph.nodes)
    if any(node.id != i for i, node in enumerate(graph.nodes)):
        return None
    if any(parent >= count or child >= count for parent, child in graph.edges):
        return None
    return dict(document)
