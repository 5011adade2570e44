def graph_edges(root):
    nodes, edges = [root.grad_fn], []
    for node in nodes:
        for child, place in node.next_functions:
            if child is None:
                continue
            if child not in nodes:
                nodes.append(child)
            edges.append([repr(node).split()[0].lstrip("<"), repr(child).split()[0].lstrip("<")])
    return sorted(map(tuple, edges))
