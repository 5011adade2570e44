import torch
from torch import Tensor


def graph_edges(root: Tensor) -> list[tuple[str, str]]:
    edges, met, waiting = [], {root.grad_fn}, [root.grad_fn]
    while waiting:
        node = waiting.pop()
        for child, _ in node.next_functions:
            if child is None:
                continue
            edges.append((node.name(), child.name()))
            if child not in met:
                met.add(child)
                waiting.append(child)
    return edges
