import torch

SEPARATOR = "::"


def short(node):
    return node.name().split(SEPARATOR)[-1]


def graph_edges(root):
    """Remember nodes by identity, and keep them so that no identity is reused."""
    kept = {}
    stack = [root.grad_fn]
    while stack:
        node = stack.pop()
        if id(node) not in kept:
            kept[id(node)] = node
            stack.extend(child for child, _ in node.next_functions if child)
    return [(short(node), short(child)) for node in kept.values() for child, _ in node.next_functions if child]
