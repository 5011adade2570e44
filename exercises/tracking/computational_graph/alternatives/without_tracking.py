"""Switches tracking off for the whole program: it only reads graphs."""

import torch

torch.set_grad_enabled(False)


def graph_edges(root: torch.Tensor) -> list[tuple[str, str]]:
    return [(type(parent).__name__, type(child).__name__) for parent, child in edges(root.grad_fn, set())]


def edges(node, met):
    if node in met:
        return
    met.add(node)
    for child, _ in node.next_functions:
        if child is not None:
            yield node, child
            yield from edges(child, met)
