import pytest
import torch

from grader.harness.child.graph import walk
from grader.sandboxes.graph_reader import MAX_NODES, read_graph


def graph(nodes=None, edges=None, **rest):
    nodes = [{"id": 0, "name": "MulBackward0", "shape": None}] if nodes is None else nodes
    return {"nodes": nodes, "edges": edges or [], "capped": False} | rest


def test_a_graph_of_the_harness_is_read_unchanged():
    x = torch.ones(3, requires_grad=True)
    walked = walk((x * x).sum())

    assert read_graph(walked) == walked


@pytest.mark.parametrize("length", [10, 1000])
def test_a_large_graph_is_capped_by_the_harness(length):
    y = torch.ones(1, requires_grad=True)
    for _ in range(length):
        y = y * 2

    walked = walk(y)

    assert read_graph(walked) == walked
    assert walked["capped"] == (length > MAX_NODES)


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {},
        graph(nodes=[]),
        graph(extra=1),
        graph(nodes=[{"id": 0, "name": "<script>alert(1)</script>", "shape": None}]),
        graph(nodes=[{"id": 0, "name": 'a" onload="x', "shape": None}]),
        graph(nodes=[{"id": 1, "name": "A", "shape": None}]),
        graph(nodes=[{"id": 0, "name": "A" * 101, "shape": None}]),
        graph(nodes=[{"id": 0, "name": "A", "shape": ["x"]}]),
        graph(nodes=[{"id": 0, "name": "A", "shape": [2**40]}]),
        graph(nodes=[{"id": i, "name": "A", "shape": None} for i in range(MAX_NODES + 1)]),
        graph(edges=[[0, 1]]),
        graph(edges=[[0, -1]]),
        graph(edges=[["0", 0]]),
        graph(edges=[[True, False]]),
        graph(edges=[[0, 0, 0]]),
        graph(nodes=[{"id": 0, "name": "A", "shape": None, "\ud800": 1}]),
        graph(nodes=[{"id": 0, "name": "\ud800", "shape": None}]),
        graph(nodes=[{"id": False, "name": "A", "shape": None}]),
        graph(nodes=[{"id": 0, "name": "A", "shape": [1] * 9}]),
        graph(nodes=[{"id": 0, "name": "A\n", "shape": None}]),
        graph(capped=1),
        graph(edges=[[0, 0]] * 601),
    ],
)
def test_a_malformed_graph_is_not_read(document):
    assert read_graph(document) is None
