"""Writes the edges in the direction of the computation, from input to result."""


def graph_edges(root):
    edges, met, waiting = [], set(), [root.grad_fn]
    while waiting:
        node = waiting.pop()
        if node in met:
            continue
        met.add(node)
        for child, _ in node.next_functions:
            if child is not None:
                edges.append((type(child).__name__, type(node).__name__))
                waiting.append(child)
    return edges
