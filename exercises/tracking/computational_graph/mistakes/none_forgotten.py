"""Forgets that a child can be None."""


def graph_edges(root):
    edges, met, waiting = [], set(), [root.grad_fn]
    while waiting:
        node = waiting.pop()
        if node in met:
            continue
        met.add(node)
        for child, _ in node.next_functions:
            edges.append((node.name(), child.name()))
            waiting.append(child)
    return edges
