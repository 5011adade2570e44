"""The autograd graph of a learner's result, as boxes and lines with coordinates for the template."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from server.submissions.rendering.layers import lay_out

MAX_NODES = 150
MAX_EDGES = 600
LONGEST_NAME = 60

HEIGHT, LAYER, MARGIN, GAP = 40, 78, 12, 22
LETTER, PADDING, WAYPOINT = 7.4, 24, 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Box:
    """A node: its centre and size in user units, its text, and its kind (`step`, `leaf` or `lost`)."""

    x: float
    y: float
    width: float
    name: str
    note: str = ""
    kind: str = "step"

    @property
    def left(self) -> float:
        """The x coordinate of its left edge."""
        return self.x - self.width / 2

    @property
    def top(self) -> float:
        """The y coordinate of its upper edge."""
        return self.y - HEIGHT / 2

    @property
    def description(self) -> str:
        """The node in words."""
        return f"{self.name} ({self.note})" if self.note else self.name


@dataclass(frozen=True, kw_only=True, slots=True)
class GraphEdge:
    """An edge as the `d` of an SVG path; `times` counts parallel edges; its number is written at `x`, `y`."""

    path: str
    times: int
    x: float
    y: float


@dataclass(frozen=True, kw_only=True, slots=True)
class GraphStep:
    """A node in words, and the nodes that receive its gradient."""

    name: str
    then: Sequence[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Graph:
    """The graph of one public case. `cut_off` names the arguments to which no path leads from the result."""

    case: str
    width: float
    height: float
    boxes: Sequence[Box]
    lines: Sequence[GraphEdge]
    steps: Sequence[GraphStep]
    cut_off: Sequence[str]
    capped: bool

    @classmethod
    def read(cls, attachment: Mapping[str, Any]) -> Self | None:
        """Return the graph of an attachment, laid out; None if it is not a graph."""
        match attachment:
            case {"case": str(case), "graph": {"nodes": list(nodes), "edges": list(edges)} as graph, **rest}:
                named = rest.get("cut_off")
                cut_off = [name for name in named if isinstance(name, str)] if isinstance(named, list) else []
            case _:
                return None
        if not 0 < len(nodes) <= MAX_NODES or len(edges) > MAX_EDGES or not _sound(nodes, edges):
            return None
        return cls._of(case, nodes, [(edge[0], edge[1]) for edge in edges], cut_off, capped=bool(graph.get("capped")))

    @classmethod
    def _of(
        cls, case: str, nodes: list[Any], edges: list[tuple[int, int]], cut_off: list[str], *, capped: bool
    ) -> Self:
        layout = lay_out(len(nodes), edges)
        labels = [_label(node) for node in nodes]
        places, width = _places(layout.layers, labels)
        boxes = [_box(label, places[i]) for i, label in enumerate(labels)]
        lost = _lost(cut_off, top=len(layout.layers) * LAYER + MARGIN)
        times = Counter(edges)
        return cls(
            case=case,
            width=max([width, *(box.left + box.width + MARGIN for box in lost)]),
            height=(len(layout.layers) + bool(lost)) * LAYER - LAYER + HEIGHT + 2 * MARGIN,
            boxes=[*boxes, *lost],
            lines=[_edge([places[spot] for spot in route], times[route[0], route[-1]]) for route in layout.routes],
            steps=[GraphStep(name=box.description, then=_then(i, boxes, edges)) for i, box in enumerate(boxes)],
            cut_off=cut_off,
            capped=capped,
        )


def _sound(nodes: list[Any], edges: list[Any]) -> bool:
    named = all(isinstance(node, dict) and isinstance(node.get("name"), str) for node in nodes)
    ends = all(isinstance(edge, list) and len(edge) == 2 and all(type(end) is int for end in edge) for edge in edges)
    return named and ends and all(0 <= end < len(nodes) for edge in edges for end in edge)


def _label(node: Mapping[str, Any]) -> tuple[str, str]:
    """Return a node's name as autograd prints it, and the shape of the leaf that it accumulates into."""
    name = node["name"].rpartition("::")[2][:LONGEST_NAME]
    shape = node.get("shape")
    return name, f"leaf of shape {tuple(shape)}" if isinstance(shape, list) else ""


def _width(label: tuple[str, str]) -> float:
    return max(map(len, label)) * LETTER + PADDING


def _places(layers: Sequence[Sequence[int]], labels: Sequence[tuple[str, str]]) -> tuple[dict[int, Any], float]:
    """Return the centre of every node and waypoint, each layer in the middle, and the width of the whole graph."""
    widths = {i: _width(label) for i, label in enumerate(labels)}
    lengths = [sum(widths.get(node, WAYPOINT) + GAP for node in layer) - GAP for layer in layers]
    whole = max(lengths) + 2 * MARGIN
    places = {}
    for depth, (layer, length) in enumerate(zip(layers, lengths, strict=True)):
        x = (whole - length) / 2
        for node in layer:
            width = widths.get(node, WAYPOINT)
            places[node] = (round(x + width / 2, 1), depth * LAYER + MARGIN + HEIGHT / 2)
            x += width + GAP
    return places, round(whole, 1)


def _box(label: tuple[str, str], place: tuple[float, float]) -> Box:
    kind = "leaf" if label[1] or label[0] == "AccumulateGrad" else "step"
    return Box(x=place[0], y=place[1], width=round(_width(label), 1), name=label[0], note=label[1], kind=kind)


def _lost(names: Sequence[str], *, top: float) -> list[Box]:
    """Return the arguments that no path reaches, side by side below the graph."""
    boxes, x = [], float(MARGIN)
    for name in names:
        label = (name[:LONGEST_NAME], "not reached")
        width = round(_width(label), 1)
        boxes.append(Box(x=x + width / 2, y=top + HEIGHT / 2, width=width, name=label[0], note=label[1], kind="lost"))
        x += width + GAP
    return boxes


def _edge(places: Sequence[tuple[float, float]], times: int) -> GraphEdge:
    """A smooth line through the places, upright at each; it begins below the first box and ends above the last."""
    (x, y), *others = places
    y += HEIGHT / 2
    path = f"M{x:g} {y:g}"
    for i, (next_x, centre) in enumerate(others):
        next_y = centre - HEIGHT / 2 if i == len(others) - 1 else centre
        middle = (y + next_y) / 2
        path += f"C{x:g} {middle:g} {next_x:g} {middle:g} {next_x:g} {next_y:g}"
        x, y = next_x, next_y
    start, second = places[0], places[1]
    return GraphEdge(
        path=path, times=times, x=round((start[0] + second[0]) / 2 + 4, 1), y=round((start[1] + second[1]) / 2, 1)
    )


def _then(node: int, boxes: Sequence[Box], edges: Sequence[tuple[int, int]]) -> list[str]:
    return [boxes[child].description for parent, child in edges if parent == node]
