"""Walks down every path, and through shared nodes again and again."""

import torch


def graph_edges(root):
    def below(node):
        edges = []
        for child, _ in node.next_functions:
            if child is not None:
                edges.append((node.name(), child.name()))
                edges += below(child)
        return edges

    return below(root.grad_fn)
