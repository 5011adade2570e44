"""Remembers names instead of nodes, so that the second node of a name is never visited."""


def graph_edges(root):
    edges, met, waiting = [], set(), [root.grad_fn]
    while waiting:
        node = waiting.pop(0)
        if node.name() in met:
            continue
        met.add(node.name())
        for child, _ in node.next_functions:
            if child is not None:
                edges.append((node.name(), child.name()))
                waiting.append(child)
    return edges
