"""Returns the nodes, not their names."""


def graph_edges(root):
    edges, waiting = [], [root.grad_fn]
    for node in waiting:
        for child, _ in node.next_functions:
            if child is not None:
                edges.append((node, child))
                if child not in waiting:
                    waiting.append(child)
    return edges
