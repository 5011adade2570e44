from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from server.submissions.rendering.layers import MAX_WAYPOINTS, lay_out, without_circles


@st.composite
def graphs(draw):
    count = draw(st.integers(1, 12))
    node = st.integers(0, count - 1)
    return count, draw(st.lists(st.tuples(node, node), max_size=40))


def depth_of(layout):
    return {node: depth for depth, layer in enumerate(layout.layers) for node in layer}


@given(graphs())
def test_every_node_is_in_one_layer_and_edges_go_down(graph):
    layout = lay_out(*graph)
    depth = depth_of(layout)

    assert sorted(node for layer in layout.layers for node in layer) == list(range(len(depth)))
    assert all(depth[lower] == depth[upper] + 1 for route in layout.routes for upper, lower in pairwise(route))


@given(graphs())
def test_a_graph_without_circles_keeps_every_edge(graph):
    count, edges = graph
    downward = {(parent, child) for parent, child in edges if parent < child}

    assert set(without_circles(count, sorted(downward))) == downward


def test_an_edge_that_closes_a_circle_is_left_out():
    assert set(without_circles(3, [(0, 1), (1, 2), (2, 0), (1, 1)])) == {(0, 1), (1, 2)}


def test_a_node_stands_below_all_that_lead_to_it():
    depth = depth_of(lay_out(4, [(0, 1), (1, 2), (0, 3), (2, 3)]))

    assert [depth[node] for node in range(4)] == [0, 1, 2, 3]


def test_two_crossed_edges_are_untangled():
    layout = lay_out(4, [(0, 3), (1, 2)])

    above, below = layout.layers
    assert [{0: 3, 1: 2}[node] for node in above] == below


def test_a_tangled_graph_has_straight_edges():
    chain = [(i, i + 1) for i in range(149)]
    jumps = [(0, i) for i in range(2, 150)]

    layout = lay_out(150, chain + jumps)

    assert sum(i - 1 for _, i in jumps) > MAX_WAYPOINTS
    assert all(len(route) == 2 for route in layout.routes)
