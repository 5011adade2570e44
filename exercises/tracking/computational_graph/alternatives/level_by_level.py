from collections import deque
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Edge:
    parent: torch.autograd.graph.Node
    child: torch.autograd.graph.Node

    def names(self):
        return self.parent.name(), self.child.name()


def children(node):
    return [child for child, _ in node.next_functions if child is not None]


def graph_edges(root):
    queue, met, edges = deque([root.grad_fn]), {root.grad_fn}, []
    while queue:
        node = queue.popleft()
        print(node)
        for child in children(node):
            edges.append(Edge(node, child))
            if child not in met:
                met.add(child)
                queue.append(child)
    return [edge.names() for edge in edges]
