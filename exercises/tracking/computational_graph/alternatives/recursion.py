from torch import Tensor


def graph_edges(root: Tensor) -> list[tuple[str, str]]:
    met: set = set()

    def visit(node):
        if node is None or node in met:
            return
        met.add(node)
        for child, _ in node.next_functions:
            if child is not None:
                yield type(node).__name__, type(child).__name__
                yield from visit(child)

    return list(visit(root.grad_fn))
