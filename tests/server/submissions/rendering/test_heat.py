import math

import pytest

from server.submissions.rendering.heat import LEVELS, LISTED, HeatMap


def heat_map(shape, got, expected):
    return HeatMap.read({"shape": shape, "got": got, "expected": expected})


def test_a_matrix_keeps_its_rows_and_columns():
    heat = heat_map([2, 3], [1.0] * 6, [1.0] * 5 + [3.0])

    assert (heat.columns, heat.rows) == (3, 2)
    assert [square.level for square in heat.squares] == [0, 0, 0, 0, 0, LEVELS]
    assert (heat.squares[5].x, heat.squares[5].y) == (2, 1)
    assert heat.squares[5].entry.index == "[1, 2]"


def test_a_small_map_has_larger_squares():
    small, large = heat_map([2, 3], [1.0] * 6, [2.0] * 6), heat_map([8, 8], [1.0] * 64, [2.0] * 64)

    assert small.width / small.columns > large.width / large.columns
    assert small.width / small.columns == small.height / small.rows


def test_a_high_map_has_smaller_squares():
    assert heat_map([20, 2], [1.0] * 40, [2.0] * 40).height == 200
    assert heat_map([200, 2], [1.0] * 400, [2.0] * 400).height == 1600


def test_a_long_vector_is_broken_into_rows():
    heat = heat_map([50], [0.0] * 50, [1.0] * 50)

    assert (heat.columns, heat.rows) == (24, 3)
    assert heat.squares[-1].entry.index == "[49]"


def test_the_largest_differences_come_first_and_are_bounded():
    heat = heat_map([40], [float(i) for i in range(40)], [0.0] * 40)

    assert heat.wrong == 39
    assert len(heat.worst) == LISTED
    assert heat.worst[0].difference == 39


def test_nan_and_infinity_are_as_wrong_as_can_be():
    heat = heat_map([3], [math.nan, math.inf, 1.0], [1.0, 1.0, 1.5])

    assert [square.level for square in heat.squares] == [LEVELS, LEVELS, LEVELS]


def test_numbers_as_large_as_there_are_have_their_place():
    heat = heat_map([3], [1.7e308, 0.5e308, -1.7e308], [0.0, 0.0, 1.7e308])

    assert [square.level for square in heat.squares] == [LEVELS, 2, LEVELS]


def test_rounding_beside_a_mistake_is_no_mistake():
    heat = heat_map([2], [1.0 + 1e-15, 5.0], [1.0, 1.0])

    assert [square.level for square in heat.squares] == [0, LEVELS]


def test_equal_tensors_have_a_map_without_a_mark():
    assert heat_map([2], [1.0, 2.0], [1.0, 2.0]).wrong == 0


@pytest.mark.parametrize(
    "document",
    [
        None,
        {},
        {"shape": [], "got": [], "expected": []},
        {"shape": [2], "got": [1.0], "expected": [1.0]},
        {"shape": [2], "got": [1.0, "<script>"], "expected": [1.0, 2.0]},
        {"shape": [-1, -2], "got": [1.0, 1.0], "expected": [1.0, 2.0]},
        {"shape": [401], "got": [1.0] * 401, "expected": [1.0] * 401},
        {"shape": [True], "got": [1.0], "expected": [1.0]},
    ],
)
def test_what_is_no_heat_map_is_not_drawn(document):
    assert HeatMap.read(document) is None


@pytest.mark.parametrize(
    ("shape", "wrong", "shows"),
    [
        ([2, 2], [1, 1, 1, 1], False),  # all wrong by as much
        ([2, 2], [1, 2, 3, 4], False),  # all wrong, without a pattern
        ([2, 2], [0, 2, 0, 4], True),  # some are right
        ([2, 2], [1, 1, 3, 3], True),  # by row
        ([2, 2], [1, 3, 1, 3], True),  # by column
        ([3], [0, 1, 1], False),  # as few numbers as the example has
        ([6], [0, 0, 0, 1, 1, 1], True),
    ],
)
def test_a_map_is_drawn_only_if_the_places_tell_something(shape, wrong, shows):
    document = {"shape": shape, "got": [float(each) for each in wrong], "expected": [0.0] * len(wrong)}

    assert HeatMap.read(document).shows_something is shows
