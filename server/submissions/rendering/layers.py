"""A layout for directed graphs: nodes in layers, edges downward, few crossings.

After Sugiyama, Tagawa and Toda, "Methods for visual understanding of hierarchical system structures" (1981): the
longest path from a root gives a node's layer, an edge over several layers bends at a waypoint in each, and repeated
passes that move every node near the mean place of its neighbours remove crossings.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

Edge = tuple[int, int]
PASSES = 6
# With more waypoints, edges are drawn straight: such a graph is unreadable anyway.
MAX_WAYPOINTS = 800


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """`layers` holds each layer's nodes from left to right; those not below the node count are waypoints.

    `routes` holds the nodes and waypoints of each edge, both ends included. An edge that closes a circle is left out.
    """

    layers: list[list[int]]
    routes: list[list[int]]


def lay_out(count: int, edges: Sequence[Edge]) -> Layout:
    """Return the layout of nodes 0 to `count` - 1; the first of each edge lies above the second."""
    downward = without_circles(count, edges)
    layer_of = _layers(count, downward)
    routes, layer_of = _routes(downward, layer_of)
    layers: list[list[int]] = [[] for _ in range(max(layer_of, default=-1) + 1)]
    for node, layer in enumerate(layer_of):
        layers[layer].append(node)
    return Layout(layers=_untangled(layers, routes), routes=routes)


def without_circles(count: int, edges: Sequence[Edge]) -> list[Edge]:
    """Return the edges, each once, without those that close a circle."""
    children = defaultdict(list)
    for upper, lower in dict.fromkeys(edges):
        children[upper].append(lower)
    kept: list[Edge] = []
    done: set[int] = set()
    path: set[int] = set()
    for start in range(count):
        stack = [] if start in done else [(start, iter(children[start]))]
        path.update(node for node, _ in stack)
        while stack:
            node, rest = stack[-1]
            child = next(rest, None)
            if child is None:
                stack.pop()
                path.discard(node)
                done.add(node)
            elif child not in path:
                kept.append((node, child))
                if child not in done:
                    path.add(child)
                    stack.append((child, iter(children[child])))
    return kept


def _layers(count: int, edges: Sequence[Edge]) -> list[int]:
    children, waiting = defaultdict(list), [0] * count
    for parent, child in edges:
        children[parent].append(child)
        waiting[child] += 1
    layer_of = [0] * count
    ready = [node for node in range(count) if not waiting[node]]
    for node in ready:  # the list grows during the loop
        for child in children[node]:
            layer_of[child] = max(layer_of[child], layer_of[node] + 1)
            waiting[child] -= 1
            if not waiting[child]:
                ready.append(child)
    return layer_of


def _routes(edges: Sequence[Edge], layer_of: list[int]) -> tuple[list[list[int]], list[int]]:
    """Return the nodes and waypoints of each edge, and the layers of nodes and waypoints."""
    if sum(layer_of[child] - layer_of[parent] - 1 for parent, child in edges) > MAX_WAYPOINTS:
        return [list(edge) for edge in edges], layer_of
    routes, layers = [], list(layer_of)
    for parent, child in edges:
        between = range(layer_of[parent] + 1, layer_of[child])
        routes.append([parent, *range(len(layers), len(layers) + len(between)), child])
        layers.extend(between)
    return routes, layers


def _untangled(layers: list[list[int]], routes: Sequence[Sequence[int]]) -> list[list[int]]:
    above, below = defaultdict(list), defaultdict(list)
    for route in routes:
        for upper, lower in pairwise(route):
            below[upper].append(lower)
            above[lower].append(upper)
    place = {node: spot for layer in layers for node, spot in _places(layer)}
    for number in range(PASSES):
        neighbours = below if number % 2 else above
        for layer in reversed(layers) if number % 2 else layers:
            wanted = {node: _mean([place[other] for other in neighbours[node]], place[node]) for node in layer}
            layer.sort(key=wanted.__getitem__)
            place.update(_places(layer))
    return layers


def _places(layer: Sequence[int]) -> list[tuple[int, float]]:
    return [(node, (i + 0.5) / len(layer)) for i, node in enumerate(layer)]


def _mean(places: Sequence[float], otherwise: float) -> float:
    return sum(places) / len(places) if places else otherwise
