"""Collects the edges in a set, which keeps one of each kind."""


def graph_edges(root):
    edges, met = set(), set()

    def visit(node):
        if node in met:
            return
        met.add(node)
        for child, _ in node.next_functions:
            if child is not None:
                edges.add((node.name(), child.name()))
                visit(child)

    visit(root.grad_fn)
    return list(edges)
