import itertools

import pytest

from server.submissions.rendering.graph import Graph

NODES = [
    {"id": 0, "name": "SumBackward0", "shape": None},
    {"id": 1, "name": "MulBackward0", "shape": None},
    {"id": 2, "name": "torch::autograd::AccumulateGrad", "shape": [3, 3]},
]


def graph(nodes=NODES, edges=((0, 1), (1, 2), (1, 2)), **rest):
    document = {"nodes": nodes, "edges": [list(edge) for edge in edges], "capped": False}
    return Graph.read({"kind": "graph", "case": "a batch", "graph": document, "cut_off": []} | rest)


def test_the_root_stands_above_what_it_was_made_from():
    root, middle, leaf = graph().boxes

    assert root.y < middle.y < leaf.y


def test_a_leaf_is_named_with_its_shape():
    leaf = graph().boxes[2]

    assert (leaf.name, leaf.note, leaf.kind) == ("AccumulateGrad", "leaf of shape (3, 3)", "leaf")


def test_parallel_edges_are_drawn_once_and_counted():
    assert sorted(line.times for line in graph().lines) == [1, 2]


def test_the_graph_can_be_read_as_a_list():
    assert [(step.name, len(step.then)) for step in graph().steps] == [
        ("SumBackward0", 1),
        ("MulBackward0", 2),
        ("AccumulateGrad (leaf of shape (3, 3))", 0),
    ]


def test_what_no_path_reaches_stands_apart_below():
    drawn = graph(cut_off=["weights"])
    lost = drawn.boxes[-1]

    assert (lost.name, lost.kind) == ("weights", "lost")
    assert lost.y > max(box.y for box in drawn.boxes[:-1])
    assert lost.top + 40 <= drawn.height
    assert lost.left + lost.width <= drawn.width


def test_no_two_boxes_overlap():
    many = [{"id": 0, "name": "StackBackward0", "shape": None}]
    many += [{"id": i, "name": "AccumulateGrad", "shape": [2]} for i in range(1, 20)]
    boxes = sorted(graph(many, [(0, i) for i in range(1, 20)]).boxes[1:], key=lambda box: box.left)

    assert all(left.left + left.width <= right.left for left, right in itertools.pairwise(boxes))


@pytest.mark.parametrize(
    "document",
    [
        None,
        {"nodes": [], "edges": [], "capped": False},
        {"nodes": NODES, "edges": [[0, 7]], "capped": False},
        {"nodes": NODES, "edges": [[0, -1]], "capped": False},
        {"nodes": NODES, "edges": [["0", 1]], "capped": False},
        {"nodes": NODES * 100, "edges": [], "capped": False},
        {"nodes": [{"id": 0, "name": 5}], "edges": [], "capped": False},
    ],
)
def test_what_is_no_graph_is_not_drawn(document):
    assert Graph.read({"case": "x", "graph": document}) is None


def test_a_forged_circle_is_drawn_in_bounded_time_and_space():
    assert len(graph(edges=[(0, 1), (1, 2), (2, 0)]).lines) == 2
